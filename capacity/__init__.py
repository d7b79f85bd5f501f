"""What the place has: zones now; beds, hours and care homes have their home here."""
