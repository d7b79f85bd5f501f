"""Whatever can be open of a case has an entry in the list that ends it: closing.py of its app."""

from django.apps import apps
from django.db.models import DateTimeField, Model

from casework.closing import ORDER
from tests.architecture.source import APPS

ENDS = {"done_at", "ended_at", "answered_at", "stopped_at", "decided_at", "closed_at", "resumed_at", "left_at"}
STATES = {"status", "period"}
OF_OTHERS = {
    "accounts.CaseAccess": "who saw the case stays as a dated row",
    "timelimits.Pause": "ends with its clock",
    "referrals.ToldDifference": "a question about the person, answered on their record",
    "referrals.Enquiry": "is a call that was answered; what becomes of it is a referral of its own",
    "timelimits.Closed": "is the list itself",
    "pathways.CoordinatorTerm": "ends with its episode",
}


def _is_of_a_case(model: type[Model]) -> bool:
    names = {field.name for field in model._meta.get_fields()}
    return bool(names & {"case_id", "referral", "episode"})


def _can_be_open(model: type[Model]) -> bool:
    fields = {field.name: field for field in model._meta.get_fields() if field.concrete}
    ends = [fields[name] for name in ENDS & set(fields)]
    return any(isinstance(field, DateTimeField) and field.null for field in ends) or bool(STATES & set(fields))


def without_an_entry(models, kinds):
    """Return the models of a case with open states that no closing.py knows."""
    open_ones = [model for model in models if _is_of_a_case(model) and _can_be_open(model)]
    return [model._meta.label for model in open_ones if model not in kinds and model._meta.label not in OF_OTHERS]


def _ours():
    return [model for model in apps.get_models() if model.__module__.split(".", 1)[0] in APPS]


def test_closing__knows_everything_of_a_case_that_can_be_open():
    assert without_an_entry(_ours(), {model for app in ORDER for model in app.KINDS.values()}) == []


def test_closing__a_state_machine_without_an_entry_is_found():
    known = {model for app in ORDER for kind, model in app.KINDS.items() if kind not in ("task", "clock", "episode")}
    missing = without_an_entry(_ours(), known)
    assert sorted(missing) == ["pathways.Episode", "pathways.Task", "timelimits.Clock"]


def test_closing__each_kind_is_ended_and_reopened():
    for app in ORDER:
        assert set(app.ENDS) == set(app.REOPENS) == set(app.KINDS)
