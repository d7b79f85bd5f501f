"""Pages of reports, one module per subject."""
