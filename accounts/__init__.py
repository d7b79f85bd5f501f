"""Organisations, teams, people, roles as data, duty rota, sign-in, partner systems, and who may see which case."""
