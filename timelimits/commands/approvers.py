"""Who may agree as the second person, and how somebody named as having agreed hears of it."""

from uuid import UUID

from accounts.domain import Permission
from accounts.models import User
from accounts.queries import actor_for, may_see
from audit.domain import Actor
from audit.refusals import RuleBroken
from notifications.commands import post
from notifications.domain import Template
from timelimits.models import CaseDeadline, Clock, Pause


def second_person(by: Actor, permission: Permission, approver_id: UUID) -> User:
    """Return who is to agree. Raises RuleBroken unless it is an active user other than the actor, who may."""
    approver = User.objects.filter(pk=approver_id, is_active=True).first()
    if approver is None or f"user:{approver.pk}" == by.id:
        raise RuleBroken("second_person_needed", "Somebody other than you must agree.", "approver")
    if not actor_for(approver).may(permission):
        raise RuleBroken("approver_may_not", f"{approver.name} may not agree to this. Choose a lead.", "approver")
    return approver


def agreed_to_pause(by: Actor, clock: Clock, approver_id: UUID) -> User:
    """Return who agreed to a pause: somebody else who could have paused this clock. Raises RuleBroken."""
    approver = second_person(by, Permission.CLOCK_PAUSE, approver_id)
    if not may_see(actor_for(approver).where_it_may(Permission.CLOCK_PAUSE), clock.case_id):
        words = f"{approver.name} does not see this case. Choose somebody who does."
        raise RuleBroken("approver_may_not", words, "approver")
    return approver


def tell_who_agreed(by: Actor, pause: Pause, approver: User) -> None:
    """Tell somebody that a pause names them as having agreed to it."""
    clock = pause.clock
    case = CaseDeadline.objects.filter(case_id=clock.case_id).first()
    post(
        by=by,
        key=f"pause:{pause.pk}",
        user_id=approver.pk,
        template=Template.PAUSE_AGREED,
        link=f"/clocks/{clock.pk}/explain/",
        reference=case.reference if case else "",
        params={"label": clock.policy.label},
    )
