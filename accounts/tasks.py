"""What beat asks of accounts."""

from celery import shared_task
from django.core.management import call_command
from oauth2_provider.models import clear_expired


@shared_task(name="accounts.clear_ended")
def clear_ended() -> None:
    """Delete sessions and tokens that have ended: nobody can use them, and their tables would only grow."""
    call_command("clearsessions")
    clear_expired()
