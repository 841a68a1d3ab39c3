"""The evidence: what may be said, and where each word comes from."""
