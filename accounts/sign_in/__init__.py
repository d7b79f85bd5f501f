"""Signing in: what allauth asks of us, and what we ask beyond it."""
