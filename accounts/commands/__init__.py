"""Verbs of accounts, by family."""

from accounts.commands.access import Grant, end_access, grant_access, grant_many
from accounts.commands.partners import add_partner, disable_partner, enable_partner, rotate_secret
from accounts.commands.people import (
    change_person,
    disable_person,
    enable_person,
    end_sessions,
    invite_person,
    reset_second_factor,
    set_letter_keys,
)
from accounts.commands.roles import end_role, give_role
from accounts.commands.rota import (
    add_cover,
    add_shift,
    add_shift_pattern,
    end_shift_pattern,
    remove_cover,
    remove_shift,
    set_team_hours,
)
from accounts.commands.work import link_identity, sign_in_with_claims, unlink_identity

__all__ = [
    "Grant",
    "add_cover",
    "add_partner",
    "add_shift",
    "add_shift_pattern",
    "change_person",
    "disable_partner",
    "disable_person",
    "enable_partner",
    "enable_person",
    "end_access",
    "end_role",
    "end_sessions",
    "end_shift_pattern",
    "give_role",
    "grant_access",
    "grant_many",
    "invite_person",
    "link_identity",
    "remove_cover",
    "remove_shift",
    "reset_second_factor",
    "rotate_secret",
    "set_letter_keys",
    "set_team_hours",
    "sign_in_with_claims",
    "unlink_identity",
]
