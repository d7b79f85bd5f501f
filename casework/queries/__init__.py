"""Reads that reach across apps: the board, a caseload, one case."""
