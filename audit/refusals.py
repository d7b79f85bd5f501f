"""The system saying no: a stable code and words for the user. Mapped once to HTTP in icras/http.py."""


class Refusal(Exception):
    """A lawful no. `code` is stable for partners, `message` is for people, `field` names the input at fault."""

    status = 422

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotFound(Refusal):
    """There is no such thing, or it is not yours: the two look the same."""

    status = 404

    def __init__(self, message: str = "There is nothing here that you can open.") -> None:
        super().__init__("not_found", message)


class NotPermitted(Refusal):
    """The actor lacks the permission."""

    status = 403

    def __init__(self, permission: str) -> None:
        super().__init__("not_permitted", f"Your role does not allow this ({permission}).")
        self.permission = permission


class IllegalMove(Refusal):
    """The move is not in the transition table for the present state."""

    status = 409


class Stale(Refusal):
    """Somebody changed it since the page was opened."""

    status = 409

    def __init__(self, message: str) -> None:
        super().__init__("stale", message)


class RuleBroken(Refusal):
    """A rule of the service says no."""
