"""Measures of speed: each beside the floor it cannot be quicker than, in the same run. Only ratios are compared."""
