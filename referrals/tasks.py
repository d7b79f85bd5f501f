"""What beat asks of the single point of access."""

from celery import shared_task

from audit.domain import SYSTEM
from referrals import commands
from referrals.commands.files import scan_files
from referrals.commands.imports import forget_imports


@shared_task(name="referrals.forget_old_keys")
def forget_old_keys() -> None:
    """Delete partners' keys that are older than 30 days, and lists of people that nobody took over."""
    commands.forget_old_keys(by=SYSTEM)
    forget_imports(by=SYSTEM)


@shared_task(name="referrals.scan_files")
def scan() -> None:
    """Have the files scanned that were added since."""
    scan_files(by=SYSTEM)


@shared_task(name="referrals.compare_people")
def compare_people() -> None:
    """Look whether new and changed records may be of somebody we know already."""
    commands.compare_people(by=SYSTEM)
