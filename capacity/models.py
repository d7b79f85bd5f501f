"""What the place has: its zones now; beds, hours and homes in later versions."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Zone(models.Model):
    """A part of the place, by postcode (R199, R202). One that is given up keeps its row, with an end date."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    postcode_prefixes = ArrayField(models.CharField(max_length=8), default=list)
    position = models.PositiveSmallIntegerField(default=0)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["position", "code"]
        indexes = [GinIndex(fields=["postcode_prefixes"], name="capacity_zone_prefixes")]

    def __str__(self) -> str:
        return self.name
