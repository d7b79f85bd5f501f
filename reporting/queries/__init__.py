"""Figures for commissioners and leads, one module per subject: no person, no id."""

from reporting.queries.two_hour import two_hour

__all__ = ["two_hour"]
