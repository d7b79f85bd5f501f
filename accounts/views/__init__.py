"""Pages of accounts: my own, people, rota, partner systems."""
