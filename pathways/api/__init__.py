"""Acceptance, withdrawal and episodes for partner systems: shapes and endpoints."""
