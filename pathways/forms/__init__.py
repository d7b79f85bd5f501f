"""Forms of episodes and of leaving hospital."""

from pathways.forms.discharges import (
    BackForm,
    BlockerForm,
    ConfirmDischargeForm,
    DischargeForm,
    LeftForm,
    LiaisonAnswerForm,
    LiaisonForm,
)
from pathways.forms.episodes import (
    AcceptForm,
    AllocateForm,
    ConfirmForm,
    ContactForm,
    EndForm,
    TaskForm,
    WithdrawForm,
)

__all__ = [
    "AcceptForm",
    "AllocateForm",
    "BackForm",
    "BlockerForm",
    "ConfirmDischargeForm",
    "ConfirmForm",
    "ContactForm",
    "DischargeForm",
    "EndForm",
    "LeftForm",
    "LiaisonAnswerForm",
    "LiaisonForm",
    "TaskForm",
    "WithdrawForm",
]
