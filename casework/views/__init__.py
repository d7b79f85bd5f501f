"""Pages of what reaches across apps."""
