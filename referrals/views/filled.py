"""The page that adds what was missing to an open referral, and the ways that lead to it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts.domain import Code, Permission
from accounts.queries import code_lists
from audit.domain import Actor
from referrals import commands, presenters, queries
from referrals.domain import Answer
from referrals.forms.call import FLAG
from referrals.forms.filled import AS_TYPED
from referrals.models import Referral
from referrals.views.serving import Shown

KNOWN = {True: "yes", False: "no", None: "not_known"}


def as_told(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Ask what is missing first, and fill in what was told. A red flag that was raised is settled by the 999 call."""
    found: Referral = shown.context["referral"]
    lists = code_lists("minimum_data", "red_flags")
    return {
        "initial": _told(found),
        "missing": queries.missing_of(found, lists["minimum_data"]),
        "flags": [(code.code, code.words) for code in lists["red_flags"] if _is_asked(found.red_flags, code)],
        "may_edit": by.may(Permission.PERSON_EDIT),
    }


def _told(found: Referral) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in AS_TYPED},
        "agrees": found.agrees,
        "medically_stable": KNOWN[found.medically_stable],
        "medicines_addressed": KNOWN[found.medicines_addressed],
        "where": found.location_kind,
        "address": ", ".join(filter(None, (*found.location_lines, found.location_postcode))),
        **{f"{FLAG}{code}": answer for code, answer in found.red_flags.items()},
    }


def _is_asked(answers: Mapping[str, str], code: Code) -> bool:
    """Say whether a red flag is asked: one that was, or that the place asks still, unless it was raised."""
    in_use = code.code in answers or not code.extra.get("retired")
    return in_use and answers.get(code.code) != Answer.YES


def suggested(form: Any) -> dict[str, Any]:
    """Offer the place's practices and hospitals."""
    return dict(code_lists("gp_practices", "hospitals"))


def fill_in(by: Actor, pk: UUID, form: Any) -> Referral:
    """Write what was added."""
    return commands.fill_in_referral(by=by, referral_id=pk, version=form.seen, **form.values())


def added(referral: Referral) -> str:
    """Say that it is added; and what to do at once when a red flag is raised."""
    alarm = " A red flag is raised: ring 999 now, and record it." if presenters.emergency_open(referral) else ""
    return f"{referral.reference}: what you added is kept.{alarm}"
