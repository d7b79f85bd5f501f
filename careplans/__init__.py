"""The single assessment, support plan, goals, reviews, visits, transition and follow-up have their home here."""
