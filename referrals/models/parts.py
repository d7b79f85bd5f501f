"""What the parts of a person's record have in common: who wrote each, its version, the rules of coded columns."""

from collections.abc import Iterable
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from referrals.domain.national import NONE, List
from referrals.models.people import Person


def one(longest: int = 40) -> "models.CharField[str, str]":
    """Return a column for one code; empty means not asked yet."""
    return models.CharField(max_length=longest, blank=True, default="", db_default="")


def many(longest: int = 40) -> "ArrayField[list[str], list[str]]":
    """Return a column for several codes; empty means not asked yet."""
    return ArrayField(models.CharField(max_length=longest), default=list, blank=True, db_default=[])


def line(longest: int = 120) -> "models.CharField[str, str]":
    """Return a column for a line of words."""
    return models.CharField(max_length=longest, blank=True, default="", db_default="")


def text(longest: int = 2000) -> "models.CharField[str, str]":
    """Return a column for several sentences."""
    return models.CharField(max_length=longest, blank=True, default="", db_default="")


def day() -> "models.DateField[date | str | None, date | None]":
    """Return a column for a day that may not be known."""
    return models.DateField(null=True, blank=True)


def codes(entries: List) -> list[str]:
    """Return the codes of a list."""
    return [str(entry.code) for entry in entries]


def in_list(table: str, **lists: List) -> Iterable[models.CheckConstraint]:
    """Return a rule for each coded column: only codes of its list, or empty."""
    for name, entries in lists.items():
        allowed = Q(**{f"{name}__in": [*codes(entries), ""]})
        yield models.CheckConstraint(condition=allowed, name=f"referrals_{table}_{name}"[:60])


def all_in_list(table: str, **lists: List) -> Iterable[models.CheckConstraint]:
    """Return a rule for each column of several codes: only codes of its list, and "none" stands alone."""
    for name, entries in lists.items():
        known = Q(**{f"{name}__contained_by": codes(entries)})
        alone = ~Q(**{f"{name}__contains": [NONE]}) | Q(**{f"{name}__len": 1})
        condition = known & alone if NONE in codes(entries) else known
        yield models.CheckConstraint(condition=condition, name=f"referrals_{table}_{name}"[:60])


class Part(models.Model):
    """A part of a person's record: its version, who changed it last and when."""

    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_label = models.CharField(max_length=120)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class Section(Part):
    """A part that each person has one of, at most."""

    person: "models.OneToOneField[Person, Person]"

    class Meta:
        abstract = True


class Row(Part):
    """A part that a person may have several of. One that ended, or was entered in error, stays."""

    created_at = models.DateTimeField()
    created_label = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_label = models.CharField(max_length=120, blank=True, default="")
    in_error = models.BooleanField(default=False, db_default=False)
    error_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        abstract = True


def row_rules(table: str) -> Iterable[models.CheckConstraint]:
    """Return the rules of every row: whoever ended it is named; what was an error has ended and says why."""
    ended = Q(ended_at__isnull=True, ended_label="") | (Q(ended_at__isnull=False) & ~Q(ended_label=""))
    error = Q(in_error=False) | (Q(ended_at__isnull=False) & ~Q(error_reason=""))
    yield models.CheckConstraint(condition=ended, name=f"referrals_{table}_ended_by_with_at")
    yield models.CheckConstraint(condition=error, name=f"referrals_{table}_error_has_reason")
