"""Where a referral goes when it is accepted as it stands, and whether that is as the rules of triage say (R051)."""

from dataclasses import dataclass
from datetime import datetime

from pathways.domain import first_service
from referrals.domain import Service
from referrals.domain.recommendation import differs, service_where_none_was_chosen
from referrals.models import Referral
from referrals.queries import Advised, advice_on
from referrals.queries.advice import by_hand


@dataclass(frozen=True, slots=True)
class Going:
    """The service it goes to; whether the rules say otherwise; why a person must decide by hand.

    `said` is why it is otherwise, as code and words, when triage has said so of the same recommendation.
    """

    service: Service
    otherwise: bool = False
    by_hand: tuple[str, ...] = ()
    said: tuple[str, str] = ("", "")

    @property
    def ask_why(self) -> bool:
        """Whether it is otherwise and nobody has said why."""
        return self.otherwise and not self.said[0]


def going(referral: Referral, now: datetime) -> Going:
    """Return where it goes: crisis response for a crisis, else what triage chose, else what is recommended."""
    found = advice_on(referral, now)
    if found is None:
        return Going(first_service(referral.urgency, referral.service))
    chosen = referral.service or service_where_none_was_chosen(found.advice, referral.urgency)
    service = first_service(referral.urgency, chosen)
    otherwise = differs(found.advice, urgency=referral.urgency, service=str(service))
    return Going(service, otherwise, by_hand(found), _said(referral, found) if otherwise else ("", ""))


def _said(referral: Referral, found: Advised) -> tuple[str, str]:
    last = referral.recommendations.filter(verb="triage").order_by("-id").first()
    same = last is not None and (last.service, last.urgency) == (found.advice.service, found.advice.urgency)
    return (last.override_reason, last.override_note) if last is not None and same else ("", "")
