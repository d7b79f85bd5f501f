"""People who use the service, their organisations, teams, roles and duty, and who may see which case."""

from accounts.models.access import BreakGlass, CaseAccess, RestrictedCase, Restriction
from accounts.models.partners import CallCount, PartnerClient, TryCount
from accounts.models.people import ClaimRole, Membership, User, UserManager
from accounts.models.place import Organisation, Place, Team, TeamHours, choices, one_of
from accounts.models.rota import Cover, Shift, ShiftPattern

__all__ = [
    "BreakGlass",
    "CallCount",
    "CaseAccess",
    "ClaimRole",
    "Cover",
    "Membership",
    "Organisation",
    "PartnerClient",
    "Place",
    "RestrictedCase",
    "Restriction",
    "Shift",
    "ShiftPattern",
    "Team",
    "TeamHours",
    "TryCount",
    "User",
    "UserManager",
    "choices",
    "one_of",
]
