"""Pages of the single point of access."""
