"""Partner systems, and how often somebody called or tried."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Upper

from accounts.models.place import Organisation


class PartnerClient(models.Model):
    """A partner system: an OAuth2 client bound to one organisation."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.CASCADE, related_name="partner"
    )
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="partner_clients")
    name = models.CharField(max_length=120)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    secret_changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("organisation", Upper("name"), name="accounts_partner_name_in_organisation")
        ]

    def __str__(self) -> str:
        return self.name


class CallCount(models.Model):
    """How often a partner system has called in the present stretch of time: one row each, counted on in place."""

    client = models.OneToOneField("PartnerClient", on_delete=models.CASCADE, primary_key=True, related_name="+")
    began_at = models.DateTimeField()
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.calls}"


class TryCount(models.Model):
    """How often something was tried in the present stretch of time: one row for each bucket, counted on in place."""

    bucket = models.CharField(max_length=40, primary_key=True)
    began_at = models.DateTimeField()
    calls = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.bucket} {self.calls}"
