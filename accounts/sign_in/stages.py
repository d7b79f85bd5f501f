"""Steps of signing in that differ from allauth's: a second factor that an organisation vouches for, shared devices."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.stages import AuthenticateStage, TrustStage

from accounts.sign_in.device import is_shared

END_SESSION = "icras_end_session"  # where the provider of this session signs out
VOUCHED = "provider"  # the kind of second factor that an organisation vouched for


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]
    """Ask for the second factor, unless the organisation's signed token says that it did."""

    def handle(self) -> tuple[Any, bool]:
        """Return the page that asks, or go on."""
        state = self._work_state()
        if state.get("end_session"):
            self.request.session[END_SESSION] = {"url": state["end_session"], "client": state["client_id"]}
        if state.get("second_factor"):
            record_authentication(self.request, self.login.user, "mfa", type=VOUCHED)
            return None, True
        found: tuple[Any, bool] = super().handle()
        return found

    def _work_state(self) -> dict[str, Any]:
        login = (self.login.signal_kwargs or {}).get("sociallogin")
        return login.state if login else {}


class OwnDeviceStage(TrustStage):  # type: ignore[misc]
    """Ask whether the device is somebody's own, unless it is known to be shared."""

    def handle(self) -> tuple[Any, bool]:
        """Return the page that asks, or go on."""
        if is_shared(self.request):
            return None, True
        found: tuple[Any, bool] = super().handle()
        return found


def is_vouched_for(records: list[dict[str, Any]]) -> bool:
    """Say whether one of a session's proofs is a second factor that an organisation vouched for."""
    return any(record.get("method") == "mfa" and record.get("type") == VOUCHED for record in records)
