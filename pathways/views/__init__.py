"""Pages of episodes, and of people who wait to leave hospital."""
