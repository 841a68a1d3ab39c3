"""The judgement: what may be asked, and what may be said."""
