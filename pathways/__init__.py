"""Episodes, their one co-ordinator, spells in the four services, contacts and tasks."""
