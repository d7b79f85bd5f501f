"""A case page with three hundred events: its statements, and what it takes at every size."""

from datetime import timedelta
from uuid import UUID

from accounts.domain import Role
from accounts.models import Membership, Team
from audit.acting import acting
from audit.commands import now
from audit.domain import SYSTEM
from audit.models import CaseEvent
from bench.frame import Bench
from bench.stand import Stand
from pathways.commands import accept_referral, record_contact
from pathways.domain import ContactDetails, ContactKind
from referrals.commands import register_referral
from referrals.domain import Direction, PersonDetails, ReferralDetails, Urgency

EVENTS = 300
MANAGER = "manager@icras.example"
DAY = timedelta(days=1)


def run(bench: Bench) -> None:
    """Make the same story in every database, and read it."""
    pairs = {}
    for stand in bench.stands:
        path, who = f"/cases/{_told(stand)}/", stand.cookie(MANAGER)
        pairs[stand] = (stand.get(path, cookie=who), stand.get("/bare/board/", cookie=who))
        taken = stand.statements(path, MANAGER)
        bench.fact(f"Case of {EVENTS} events, statements", taken, "statements", at_most=12, on=stand)
    bench.beside(f"Case of {EVENTS} events", pairs, at_most=None, growth=1.1, against="a plain view of 50 rows")


def _told(stand: Stand) -> UUID:
    """Make an episode with a contact every few minutes, and return its case."""
    stand.use()
    began, details = now() - DAY, ReferralDetails(
        direction=Direction.STEP_UP, urgency=Urgency.CRISIS, summary="Made for a measure.", medically_stable=True,
        medicines_addressed=True,
    )  # fmt: skip
    with acting(SYSTEM, at=began):
        referral = register_referral(by=SYSTEM, details=details, person=PersonDetails(family_name="Measure-Test"))
        team = Team.objects.get(code="reablement")
        holder = Membership.objects.filter(team=team, role=Role.CASE_COORDINATOR).order_by("pk")[0]
        accept_referral(by=SYSTEM, referral_id=referral.pk, team_id=team.pk, coordinator_id=holder.user_id)
    written = CaseEvent.objects.filter(case_id=referral.case_id).count()
    for minute in range(EVENTS - written):
        with acting(SYSTEM, at=began + timedelta(minutes=3 * minute + 3)):
            told = ContactDetails(kind=ContactKind.PHONE, attended=False, with_whom="Made-up")
            record_contact(by=SYSTEM, case_id=referral.case_id, details=told)
    return referral.case_id
