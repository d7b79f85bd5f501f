"""Verbs of accounts, by family."""

from accounts.commands.access import end_access, grant_access
from accounts.commands.partners import add_partner, disable_partner, enable_partner, rotate_secret
from accounts.commands.people import (
    change_person,
    disable_person,
    enable_person,
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

__all__ = [
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
    "end_shift_pattern",
    "give_role",
    "grant_access",
    "invite_person",
    "remove_cover",
    "remove_shift",
    "reset_second_factor",
    "rotate_secret",
    "set_letter_keys",
    "set_team_hours",
]
