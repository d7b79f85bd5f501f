"""What every REST endpoint of every app shares."""
