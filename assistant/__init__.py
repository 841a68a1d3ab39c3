"""The conversation: retrieve, compose, attribute, check, remember; and its edges."""
