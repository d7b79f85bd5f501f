"""Measures of speed (`script/bench`): each beside the floor it cannot be quicker than, in the same run.

A measure is a module with `run(bench)`; the frame is `bench.frame`. Only ratios of one run are compared.
"""
