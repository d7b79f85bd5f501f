"""Measures and reports. Reads all, writes nothing of theirs."""
