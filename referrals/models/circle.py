"""Those around a person: related people, services that know them, on what basis information may leave."""

from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from audit.models import field_history
from referrals.domain.circle import BASES, CATEGORIES, CONSENTS, KNOWN_TO, ROLES_AROUND, TOOK_PART
from referrals.domain.national import FORMATS
from referrals.models.parts import Row, all_in_list, day, in_list, line, many, one, row_rules, text
from referrals.models.people import Person


class RelatedPerson(Row):
    """Somebody who matters to the person, or acts for them: role, telephone, consent to involve (R060, R177)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="related_people")
    name = models.CharField(max_length=120)
    relationship = line(80)
    roles = many()
    phone = line(40)
    consent = one()
    limits = line(300)
    authority_seen_on = day()
    note = line(300)
    history = field_history()

    class Meta:
        constraints = [
            *row_rules("related"),
            *in_list("related", consent=CONSENTS),
            *all_in_list("related", roles=ROLES_AROUND),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class KnownTo(Row):
    """A service that knows the person already, and whom to ring there (R176 reads `mental_health`)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="known_to")
    kind = models.CharField(max_length=40)
    organisation = line()
    contact_name = line()
    phone = line(40)
    note = line(300)
    history = field_history()

    class Meta:
        constraints = [
            *row_rules("known_to"),
            *in_list("known_to", kind=KNOWN_TO),
            models.CheckConstraint(condition=~Q(kind=""), name="referrals_known_to_has_kind"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SharingBasis(Row):
    """Why some kinds of information may go to an organisation, or may not; nothing named means everybody (R070)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sharing_bases")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    categories = many()
    basis = models.CharField(max_length=40)
    ends_on = day()
    note = line(300)
    history = field_history()

    class Meta:
        constraints = [
            *row_rules("sharing"),
            *in_list("sharing", basis=BASES),
            *all_in_list("sharing", categories=CATEGORIES),
            models.CheckConstraint(condition=~Q(basis=""), name="referrals_sharing_has_basis"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Statement(Row):
    """What matters to the person, in their own words, on a day; who took part (R058, R059)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="statements")
    said_on = models.DateField()
    words = text(4000)
    took_part = many()
    took_part_names = line(200)
    history = field_history()

    class Meta:
        constraints = [*row_rules("statement"), *all_in_list("statement", took_part=TOOK_PART)]

    def __str__(self) -> str:
        return str(self.pk)


class InformationGiven(Row):
    """Information that the person was given: what, when, in which format, with whom (R064)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="information_given")
    given_on = models.DateField()
    what = line(200)
    format = one()
    took_part = many()
    history = field_history()

    class Meta:
        constraints = [
            *row_rules("given"),
            *in_list("given", format=FORMATS),
            *all_in_list("given", took_part=TOOK_PART),
        ]

    def __str__(self) -> str:
        return str(self.pk)
