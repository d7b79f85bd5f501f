"""Pages of time limits."""
