"""Reads of people, always scoped by who asks."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.queries import GRANT, in_force, scope
from audit.commands import note_read
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound
from referrals.models import Person, Referral

RESTRICTED = "Restricted record"


def visible_people(by: Actor) -> QuerySet[Person]:
    """Return the people this actor may see: the one place that says so, for finding, matching and opening."""
    if by.is_system:
        return Person.objects.all()
    people = Person.objects.exclude(pk__in=hidden_people(by))
    return people if by.place_wide else people.filter(pk__in=scope(Referral.objects.all(), by).values("person_id"))


# A restricted record stands among the restricted cases under its own id, and its own grants say who is named. A team
# that was given a case to work on is let in by that; the sight that a referral gives to whoever took it in is not.
HIDDEN = f"""
SELECT r.case_id FROM accounts_restrictedcase r JOIN referrals_person held ON held.id = r.case_id
WHERE NOT EXISTS (SELECT FROM accounts_caseaccess a WHERE a.case_id = r.case_id AND {GRANT})
  AND NOT EXISTS (
    SELECT FROM referrals_referral f JOIN accounts_caseaccess a ON a.case_id = f.case_id
    WHERE f.person_id = r.case_id AND a.why NOT IN ('registered', 'joined') AND {GRANT})
"""  # noqa: S608  (words of our own)
# A record that was merged, however often, is closed with the one it stands for. Few are restricted: from those down.
HIDDEN_RECORDS = f"""
WITH RECURSIVE closed (id) AS (
    {HIDDEN}
    UNION
    SELECT merged.id FROM closed CROSS JOIN LATERAL (  -- by the index, row by row: OFFSET keeps it from a whole read
        SELECT p.id FROM referrals_person p WHERE p.merged_into_id = closed.id OFFSET 0
    ) merged
) SELECT id FROM closed
"""  # noqa: S608
NOBODY = "SELECT NULL::uuid WHERE false"


def hidden_sql(by: Actor) -> tuple[str, list[Any]]:
    """Return SQL of the ids of people whose record is restricted and not open to this actor, and its parameters.

    For the person of a referral: nothing hangs on a record that was merged.
    """
    return (NOBODY, []) if by.is_system else (HIDDEN, in_force(by) * 2)


def hidden_people(by: Actor) -> RawSQL:
    """Return the ids of people whose record is restricted and not open to this actor, and of what it was made of.

    To be asked with `in`.
    """
    sql, asked = (NOBODY, []) if by.is_system else (HIDDEN_RECORDS, in_force(by) * 2)
    return RawSQL(sql, asked)  # noqa: S611


class PeopleSeen(QuerySet[Any]):
    """Rows with their people as one actor may see them: a record that is closed to them is not handed out.

    Its place takes what was told with the referral: a name, and nothing of what we hold (`Person.closed`).
    """

    @staticmethod
    def told_with(row: Any) -> Referral:
        """Return the referral with which the row's person was told."""
        referral: Referral = row
        return referral

    def _fetch_all(self) -> None:
        fetched = self._result_cache is not None
        super()._fetch_all()
        rows: list[Any] = [] if fetched else self._result_cache or []
        for row in rows:
            if getattr(row, "person_closed", False):  # rows of values have none
                row.person = as_told(self.told_with(row))


def with_people(by: Actor) -> QuerySet[Referral]:
    """Return all referrals, with their people as this actor may see them; `scope` them before they are shown."""
    return mark_closed(PeopleSeen(Referral).select_related("person"), by)


def mark_closed(rows: PeopleSeen, by: Actor) -> PeopleSeen:
    """Mark the rows whose person's record is closed to this actor, so that it is not handed out with them."""
    return rows if by.is_system else rows.annotate(person_closed=Q(person_id__in=RawSQL(*hidden_sql(by))))  # noqa: S611


def as_told(referral: Referral) -> Person:
    """Return somebody to show in the place of a closed record: the name told with the referral. Never saved."""
    told = Person(pk=referral.person_id, family_name=referral.told_name or RESTRICTED, created_at=referral.recorded_at)
    told.closed = True
    return told


def is_closed(by: Actor, person_id: UUID) -> bool:
    """Say whether this person's record is restricted and closed to the actor."""
    return Person.objects.filter(pk=person_id).filter(pk__in=hidden_people(by)).exists()


def restricted_holder(by: Actor, number: str) -> UUID | None:
    """Return the id of somebody whose restricted record has exactly this NHS number and is closed to this actor."""
    held = Person.objects.filter(nhs_number=number, merged_into=None) if number else Person.objects.none()
    return held.filter(pk__in=hidden_people(by)).values_list("pk", flat=True).first()


def open_person(by: Actor, person_id: UUID) -> Person:
    """Return one person to look at, and log the reading. Raises NotFound."""
    person = get_person(by, person_id)
    note_read(by=by, what="person", ids=[person.pk])
    return person


def get_person(by: Actor, person_id: UUID) -> Person:
    """Return a person the actor may see; for a merged record, the one it stands for. Raises NotFound."""
    people = visible_people(by)
    person = people.filter(pk=person_id, merged_into=None).first() or people.filter(pk=stands_for(person_id)).first()
    if person is None:
        raise NotFound
    return person


def refuse_erased(person: Person) -> Person:
    """Return the person. Raises IllegalMove (erased) for a stub: nothing is written on it any more."""
    if person.erased_at is not None:
        raise IllegalMove("erased", "This can't be done because the record was erased.")
    return person


def stands_for(person_id: UUID) -> UUID:
    """Return the id of the record that stands for this one: itself, or what it was merged into, however often."""
    while following := Person.objects.filter(pk=person_id).values_list("merged_into_id", flat=True).first():
        person_id = following
    return person_id
