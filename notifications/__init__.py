"""What is told to whom: the outbox, the bell, e-mail. Never a person's data."""
