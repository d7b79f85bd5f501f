"""A hospital that the place calls by other words: the referrals of people in it follow."""

from collections.abc import Mapping

from django.db.models import Case, Value, When

from accounts.domain import Change, CodeListName, Permission
from accounts.queries import code_lists
from audit.commands import command, require
from audit.domain import Actor
from referrals.models import Referral


@command
def rename_hospitals(*, by: Actor, before: Mapping[str, str]) -> Change | None:
    """Give referrals from a hospital of the place its new words; `before` has the old ones by code (R045, R170).

    One statement, so that two hospitals may change names with each other. A hospital outside the list stays as told.
    """
    require(by, Permission.PLACE_MANAGE)
    now_called = {entry.code: entry.words for entry in code_lists(CodeListName.HOSPITALS)[CodeListName.HOSPITALS]}
    renamed = {words: now_called[code] for code, words in before.items() if now_called.get(code, words) != words}
    if not renamed:
        return None
    words = Case(*(When(hospital_site=old, then=Value(new)) for old, new in renamed.items()))
    changed = Referral.objects.filter(hospital_site__in=renamed).update(hospital_site=words)
    return Change("hospitals of referrals", "changed", (f"{changed} renamed",)) if changed else None
