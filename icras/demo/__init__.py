"""The made-up cases of the demonstration place: plans as data, made through the real commands."""
