"""The single point of access: people, referrals, triage."""
