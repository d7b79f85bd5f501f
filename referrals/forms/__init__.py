"""Forms of the single point of access: what is typed becomes what commands take."""

from referrals.forms.acts import (
    AnswerForm,
    AskForm,
    Confirm999Form,
    DeclineForm,
    HospitalSupportForm,
    NotWantedForm,
    RedirectForm,
    TakeForm,
    TriageForm,
)
from referrals.forms.call import CallForm
from referrals.forms.filled import FillInForm
from referrals.forms.intake import CheckWhoForm, CrewForm, EnquiryForm, GiveForm, TellCrewForm
from referrals.forms.news import NewsForm, TakeBackForm, TellForm
from referrals.forms.record import KeySafeForm, RecordForm, StrikeForm, shown_values

__all__ = [
    "AnswerForm",
    "AskForm",
    "CallForm",
    "CheckWhoForm",
    "Confirm999Form",
    "CrewForm",
    "DeclineForm",
    "EnquiryForm",
    "FillInForm",
    "GiveForm",
    "HospitalSupportForm",
    "KeySafeForm",
    "NewsForm",
    "NotWantedForm",
    "RecordForm",
    "RedirectForm",
    "StrikeForm",
    "TakeBackForm",
    "TakeForm",
    "TellCrewForm",
    "TellForm",
    "TriageForm",
    "shown_values",
]
