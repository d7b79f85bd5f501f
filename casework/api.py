"""Endpoints of the ways a referral ends: thin, calling the same commands as the pages."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.document import described
from accounts.api.endpoint import Endpoint
from accounts.domain import Permission
from casework.commands import decline_referral, withdraw_referral
from pathways.api.shapes import WithdrawSerializer
from referrals.api import examples
from referrals.api.endpoints import moved
from referrals.api.inputs import DeclineSerializer
from referrals.api.outputs import ReferralDetailSerializer

WITHDRAW = OpenApiExample("No longer needed", {"reason": "Family has it in hand."}, request_only=True)


class Decline(Endpoint):
    """Say no."""

    permissions: ClassVar = {"POST": Permission.REFERRAL_DECLINE}

    @described(
        verb="decline_referral",
        tag="Referrals",
        summary="Decline a referral",
        takes=DeclineSerializer,
        gives=ReferralDetailSerializer,
        matched=True,
        etag=True,
        examples=[examples.DECLINE],
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Decline for a coded reason, and say where instead (R020); we follow up until there is a result.

        While a red flag is raised and no 999 call confirmed it is refused (422, `999_not_confirmed`), and while an
        ambulance crew waits that nobody has answered (422, `crew_waits`).
        """
        return moved(request, referral_id, DeclineSerializer, decline_referral)


class Withdraw(Endpoint):
    """Take a referral back."""

    permissions: ClassVar = {"POST": Permission.REFERRAL_WITHDRAW}

    @described(
        verb="withdraw_referral",
        tag="Referrals",
        summary="Withdraw a referral",
        takes=WithdrawSerializer,
        gives=ReferralDetailSerializer,
        matched=True,
        etag=True,
        examples=[WITHDRAW],
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Take a referral back. After acceptance this ends the episode that it opened, and needs full sight of it.

        Once the person has been seen it is refused (409, `seen_already`): the episode is ended instead. While an
        ambulance crew waits it is refused to whoever must answer it (422, `crew_waits`).
        """
        return moved(request, referral_id, WithdrawSerializer, withdraw_referral)
