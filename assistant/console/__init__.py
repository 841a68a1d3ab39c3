"""The staff console: one module a tab, and the page that they stand in."""
