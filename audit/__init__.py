"""Who did what, who looked, and how the system says no. Lowest of all: knows no user and no case."""
