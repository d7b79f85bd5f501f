"""A referral of somebody whose record is restricted: it is taken in, and who answers for them hears of it at once."""

from collections.abc import Collection
from uuid import UUID

from accounts.domain import AccessLevel
from accounts.models import CaseAccess, RestrictedCase
from accounts.queries import told_of_restricted
from audit.commands import now
from audit.domain import Actor
from notifications.commands import post_many
from notifications.domain import Note, Template
from referrals import queries
from referrals.domain import PersonDetails
from referrals.models import Person, Referral
from timelimits.models import CaseDeadline


def keep_told_name(by: Actor, referral: Referral, details: PersonDetails | None) -> bool:
    """Say whether the record is closed to who registers; then keep the name they told: they are shown no other.

    Nobody is named by the system itself, which takes in what the public sends.
    """
    person = referral.person
    if person.created_at >= now() or not RestrictedCase.objects.filter(pk=person.pk).exists():
        return False
    if details is not None and not referral.told_name:
        referral.told_name = f"{details.given_name} {details.family_name}".strip()
    return by.is_system or queries.is_closed(by, person.pk)


def tell_owners(by: Actor, referral: Referral) -> None:
    """Tell the leads of the teams that answer for the person, and every privacy officer, without a name."""
    leads, officers = told_of_restricted(owners(referral.person), now())
    links = dict.fromkeys(sorted(officers), f"/people/{referral.person_id}/break-glass/")
    links |= dict.fromkeys(sorted(leads), f"/referrals/{referral.pk}/")
    key = f"restricted:{referral.pk}"
    post_many(
        by=by,
        notes=[
            Note(f"{key}:{user_id}", user_id, Template.RESTRICTED_REFERRAL, link) for user_id, link in links.items()
        ],
    )


def owners(person: Person) -> Collection[UUID]:
    """Return the teams that answer for the person's open cases; without one, those that are named on the record."""
    cases = Referral.objects.filter(person=person).values("case_id")
    answering = CaseDeadline.objects.filter(pk__in=cases).values_list("responsible_team_id", flat=True)
    if found := set(answering):
        return found
    named = CaseAccess.objects.filter(case_id=person.pk, ends_at=None, level=AccessLevel.FULL, team__isnull=False)
    return set(named.values_list("team_id", flat=True))
