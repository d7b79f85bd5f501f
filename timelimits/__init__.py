"""The heart: rules of time, running clocks, deadlines, the sweep and the ladder."""
