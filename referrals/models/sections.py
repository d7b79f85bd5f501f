"""The sections of a person's record: one row each, filled in when somebody asks. An empty field is not asked yet."""

from django.db import models
from django.db.models import Q

from audit.models import field_history
from referrals.domain import national
from referrals.models.parts import Row, Section, all_in_list, day, in_list, line, many, one, row_rules, text
from referrals.models.people import Person


class Communication(Section):
    """How to reach the person and in which format: asked once, met every time (R063; DCB1605)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="communication")
    contact_method = one()
    formats = many()
    support = many()
    interpreter = one()
    language = line(60)
    note = line(300)
    digital = one()
    digital_note = line(200)
    history = field_history()

    class Meta:
        constraints = [
            *in_list(
                "communication",
                contact_method=national.CONTACT_METHODS,
                interpreter=national.YES_NO,
                digital=national.DIGITAL,
            ),
            *all_in_list("communication", formats=national.FORMATS),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Preferences(Section):
    """Faith, culture and what the person likes (R057)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="preferences")
    faith = line()
    culture = line(300)
    likes = text()
    history = field_history()

    def __str__(self) -> str:
        return str(self.pk)


class Background(Section):
    """Sex, gender, ethnicity, whom the service is for (R013). No rule of acceptance or decline reads it (R054)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="background")
    sex = one()
    gender = one()
    gender_words = line(60)
    ethnicity = one()
    cohorts = many()
    autism = one()
    learning_disability = one()
    sight = one()
    hearing = one()
    history = field_history()

    class Meta:
        constraints = [
            *in_list(
                "background",
                sex=national.GENDERS,
                gender=national.GENDERS,
                ethnicity=national.ETHNICITIES,
                autism=national.YES_NO,
                learning_disability=national.YES_NO,
                sight=national.SIGHTS,
                hearing=national.HEARINGS,
            ),
            *all_in_list("background", cohorts=national.COHORTS),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Circumstances(Section):
    """Where and how the person lives, why they need support, who answers for them. No rule of decline reads it."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="circumstances")
    accommodation = one()
    lives_alone = one()
    has_carer = one()
    support_reason = one()
    funding = one()
    council = line()
    icb = line()
    placing_authority = line()
    history = field_history()

    class Meta:
        constraints = [
            *in_list(
                "circumstances",
                accommodation=national.ACCOMMODATIONS,
                lives_alone=national.YES_NO,
                has_carer=national.YES_NO,
                support_reason=national.SUPPORT_REASONS,
                funding=national.FUNDINGS,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Health(Section):
    """Allergies, and decisions made ahead with the place where the paper is."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="health")
    allergies = one()
    allergy_words = line(500)
    dnacpr = one()
    respect = one()
    advance_refusal = one()
    paper_place = line(200)
    decided_on = day()
    history = field_history()

    class Meta:
        constraints = [
            *in_list(
                "health",
                allergies=national.ALLERGIES,
                dnacpr=national.YES_NO,
                respect=national.YES_NO,
                advance_refusal=national.YES_NO,
            ),
            models.CheckConstraint(
                condition=(Q(allergies="has") & ~Q(allergy_words="")) | (~Q(allergies="has") & Q(allergy_words="")),
                name="referrals_health_allergies_named",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class GoingThere(Section):
    """What whoever visits needs to know before the door opens."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="going_there")
    access = line(500)
    key_safe = one()
    key_safe_place = line(200)
    pets = line(200)
    smoking = one()
    home_oxygen = one()
    stairs = line(200)
    infection = line(200)
    parking = line(200)
    history = field_history()

    class Meta:
        constraints = [
            *in_list("going_there", key_safe=national.YES_NO, smoking=national.YES_NO, home_oxygen=national.YES_NO),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class KeySafeCode(Section):
    """The code of the key safe, apart from everything else. Its history says that it changed, never what to.

    `told` is another code, told with a referral since: it waits beside ours until somebody writes which one is right.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="key_safe_code")
    code = models.CharField(max_length=20)
    told = line(20)
    history = field_history(excluded_fields=["code", "told"])

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(code=""), name="referrals_key_safe_code_is_there")]

    def __str__(self) -> str:
        return str(self.pk)


class VisitWarning(Row):
    """A warning for whoever visits: of the place's list, reviewed by a day."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="visit_warnings")
    kind = models.CharField(max_length=40)
    detail = line(300)
    review = models.CharField(max_length=20)
    reviewed_at = models.DateTimeField()
    review_on = models.DateField()
    history = field_history()

    class Meta:
        constraints = [
            *row_rules("visit_warning"),
            models.CheckConstraint(condition=~Q(kind=""), name="referrals_visit_warning_has_kind"),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(ended_at__isnull=True) & ~Q(kind="other"),
                name="referrals_visit_warning_once",
            ),
        ]
        indexes = [
            models.Index(fields=["review_on"], condition=Q(ended_at__isnull=True), name="referrals_visit_warning_due")
        ]

    def __str__(self) -> str:
        return str(self.pk)
