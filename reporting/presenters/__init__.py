"""Reports in words and bars, one module per subject. Pure."""

from reporting.presenters.two_hour import two_hour_words

__all__ = ["two_hour_words"]
