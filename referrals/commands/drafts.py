"""Keep what somebody has typed, on the server, until it is sent or thrown away."""

from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import NotPermitted
from referrals.models import Draft

LONGEST = 20_000


@command
def keep_draft(*, by: Actor, form: str, typed: dict[str, list[str]]) -> Draft:
    """Save the fields as typed, one draft for each user and form."""
    if by.user_id is None:
        raise NotPermitted("draft.keep")
    kept = {name: [value[:LONGEST] for value in values] for name, values in typed.items()}
    draft, _ = Draft.objects.update_or_create(
        user_id=by.user_id,
        form=form,
        defaults={"typed": kept, "saved_at": now()},
        create_defaults={"typed": kept, "saved_at": now(), "started_at": now()},
    )
    return draft


@command
def drop_draft(*, by: Actor, form: str) -> None:
    """Throw the draft away: it was sent, or is not wanted."""
    if by.user_id is not None:
        Draft.objects.filter(user_id=by.user_id, form=form).delete()
