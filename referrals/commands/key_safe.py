"""The code of the key safe: set by whoever goes there, shown to whoever needs it, each showing logged."""

from typing import NamedTuple
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, note_read, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals import queries
from referrals.commands.record import note, stamp
from referrals.commands.stale import refuse_stale
from referrals.models import KeySafeCode, Person

LONGEST_CODE = 20


class Codes(NamedTuple):
    """The code held, and another that was told with a referral since."""

    code: str
    told: str


@command
def set_key_safe_code(*, by: Actor, person_id: UUID, code: str, version: int | None = None) -> KeySafeCode | None:
    """Write the code, or take it away when it is empty. It is in no history, event, draft or log.

    What was told otherwise is answered by it.
    Raises NotPermitted, NotFound, Stale, RuleBroken.
    """
    require(by, Permission.PERSON_KEY_SAFE)
    person = queries.lock_person(by.where_it_may(Permission.PERSON_KEY_SAFE), person_id)
    held = KeySafeCode.objects.filter(person=person).first()
    code = _clean(code, "code")
    if (held.code if held else "") == code and not (held and held.told):
        return held
    row = held or KeySafeCode(person=person, version=0)
    refuse_stale(row, version)
    if code:
        row.code, row.told = code, ""
        stamp(by, row)
    else:
        row.delete()
    note(by, person.pk, "person.key_safe_set")
    return row if code else None


def _clean(code: str, field: str) -> str:
    code = code.strip()
    if len(code) > LONGEST_CODE:
        raise RuleBroken("code_too_long", f"At most {LONGEST_CODE} characters.", field)
    return code


def keep_told_code(by: Actor, person: Person, code: str) -> None:
    """Keep a code told with a referral: as ours where none is held, else beside ours until somebody decides.

    Whoever may register may tell it, and sees none: the answer is the same whatever is held.
    """
    code = _clean(code, "key_safe_code")
    if not code:
        return
    Person.objects.select_for_update().get(pk=person.pk)
    held = KeySafeCode.objects.filter(person=person).first()
    if held is not None and code in (held.code, held.told):
        return
    row = held or KeySafeCode(person=person, version=0, code=code)
    row.told = code if held else ""
    stamp(by, row)
    note(by, person.pk, "person.key_safe_set")


@command
def reveal_key_safe_code(*, by: Actor, person_id: UUID) -> Codes:
    """Return the code, and what was told otherwise, and log that it was shown.

    Raises NotPermitted; NotFound where there is none to show.
    """
    require(by, Permission.PERSON_KEY_SAFE)
    person = queries.get_person(by.where_it_may(Permission.PERSON_KEY_SAFE), person_id)
    held = KeySafeCode.objects.filter(person=person).first()
    if held is None:
        raise NotFound("There is no key-safe code on this record.")
    note_read(by=by, what="person.key_safe", ids=[person.pk])
    return Codes(held.code, held.told)
