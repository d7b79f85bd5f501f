"""Referrals for partner systems: what comes in, what goes out, and where."""
