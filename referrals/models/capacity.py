"""Whether a person could make one decision at one time (Mental Capacity Act 2005)."""

from django.db import models
from django.db.models import Q

from referrals.domain.circle import CAPACITY_OUTCOMES
from referrals.models.parts import Row, in_list, line, row_rules, text
from referrals.models.people import Person


class CapacityAssessment(Row):
    """One decision at one time: what was found, by whom, whom they asked, what was decided (R177). Never changed."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="capacity_assessments")
    decision = line(300)
    outcome = models.CharField(max_length=40)
    assessed_on = models.DateField()
    assessed_by = line()
    support_given = text()
    reasons = text()
    consulted = line(300)
    best_interests = text()

    class Meta:
        constraints = [
            *row_rules("capacity"),
            *in_list("capacity", outcome=CAPACITY_OUTCOMES),
            models.CheckConstraint(condition=~Q(outcome=""), name="referrals_capacity_has_outcome"),
            models.CheckConstraint(
                condition=Q(outcome="lacks_capacity") | Q(best_interests=""),
                name="referrals_capacity_best_interests_where_lacking",
            ),
        ]
        indexes = [models.Index(fields=["person", "-assessed_on"], name="referrals_capacity_person")]

    def __str__(self) -> str:
        return str(self.pk)
