"""Words, icons and dates of the lists and of the case page. Pure."""
