"""Verbs of accounts, by family."""

from accounts.commands.access import end_access, grant_access

__all__ = ["end_access", "grant_access"]
