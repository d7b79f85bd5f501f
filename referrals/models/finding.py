"""What people are found by: kept by the database itself (migration 0003), so that it is never stale."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from referrals.models.people import Person


class PersonKeys(models.Model):
    """Everything one person can be found by, as keys of one index.

    n: a name as written plainly; s: how it sounds; x: the name with one letter left out; d: born on; y: year of birth;
    p: postcode; o: its first half; t: the last six or four digits of a telephone number. `leads_to` is the record that
    a merged one stands for. `compared_at` is when it was last looked whether somebody else could be the same person;
    empty after every change.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="keys")
    keys = SearchVectorField()
    leads_to = models.UUIDField(null=True, blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            GinIndex(fields=["keys"], name="referrals_keys_found_by", fastupdate=False),
            models.Index(fields=["person"], condition=Q(compared_at__isnull=True), name="referrals_keys_not_compared"),
        ]

    def __str__(self) -> str:
        return str(self.person_id)
