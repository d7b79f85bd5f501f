"""Forms of the single point of access: what is typed becomes what commands take."""

from referrals.forms.acts import (
    AnswerForm,
    AskForm,
    Confirm999Form,
    DeclineForm,
    NotWantedForm,
    RedirectForm,
    TakeForm,
    TriageForm,
)
from referrals.forms.call import CallForm

__all__ = [
    "AnswerForm",
    "AskForm",
    "CallForm",
    "Confirm999Form",
    "DeclineForm",
    "NotWantedForm",
    "RedirectForm",
    "TakeForm",
    "TriageForm",
]
