"""What reaches across the apps and owns no tables: board, caseload, case page."""
