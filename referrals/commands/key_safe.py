"""The code of the key safe: set by whoever goes there, shown to whoever needs it, each showing logged."""

from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, note_read, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals import queries
from referrals.commands.record import note, refuse_stale, stamp
from referrals.models import KeySafeCode

LONGEST_CODE = 20


@command
def set_key_safe_code(*, by: Actor, person_id: UUID, code: str, version: int | None = None) -> KeySafeCode | None:
    """Write the code, or take it away when it is empty. It is in no history, event, draft or log.

    Raises NotPermitted, NotFound, Stale, RuleBroken.
    """
    require(by, Permission.PERSON_KEY_SAFE)
    person = queries.lock_person(by.where_it_may(Permission.PERSON_KEY_SAFE), person_id)
    held = KeySafeCode.objects.filter(person=person).first()
    code = code.strip()
    if len(code) > LONGEST_CODE:
        raise RuleBroken("code_too_long", f"At most {LONGEST_CODE} characters.", "code")
    if (held.code if held else "") == code:
        return held
    row = held or KeySafeCode(person=person, version=0)
    refuse_stale(row, version)
    if code:
        row.code = code
        stamp(by, row)
    else:
        row.delete()
    note(by, person.pk, "person.key_safe_set")
    return row if code else None


@command
def reveal_key_safe_code(*, by: Actor, person_id: UUID) -> str:
    """Return the code and log that it was shown. Raises NotPermitted; NotFound where there is none to show."""
    require(by, Permission.PERSON_KEY_SAFE)
    person = queries.get_person(by.where_it_may(Permission.PERSON_KEY_SAFE), person_id)
    held = KeySafeCode.objects.filter(person=person).first()
    if held is None:
        raise NotFound("There is no key-safe code on this record.")
    note_read(by=by, what="person.key_safe", ids=[person.pk])
    return held.code
