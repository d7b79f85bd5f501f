"""People and requests for help."""

from referrals.models.capacity import CapacityAssessment
from referrals.models.circle import InformationGiven, KnownTo, RelatedPerson, SharingBasis, Statement
from referrals.models.deaths import Death
from referrals.models.disclosures import DisclosureItem, SubjectAccess
from referrals.models.drafts import Draft, IdempotencyKey
from referrals.models.erasures import Erasure
from referrals.models.files import Attachment
from referrals.models.finding import PersonKeys
from referrals.models.holds import LegalHold
from referrals.models.imports import PersonImport
from referrals.models.intake import CrewWait, Enquiry
from referrals.models.merges import Merge, MergeRow, PossibleDuplicate
from referrals.models.news import NewsSeen
from referrals.models.people import Person
from referrals.models.referrals import InformationRequest, Referral, ReferralTransition
from referrals.models.saved_views import SavedView
from referrals.models.sections import (
    Background,
    Circumstances,
    Communication,
    GoingThere,
    Health,
    KeySafeCode,
    Preferences,
    VisitWarning,
)
from referrals.models.shifts import HandOver, Worry
from referrals.models.told import ToldDifference
from referrals.models.triage import DecisionCount, Recommendation, Signposting, TriageRules

__all__ = [
    "Attachment",
    "Background",
    "CapacityAssessment",
    "Circumstances",
    "Communication",
    "CrewWait",
    "Death",
    "DecisionCount",
    "DisclosureItem",
    "Draft",
    "Enquiry",
    "Erasure",
    "GoingThere",
    "HandOver",
    "Health",
    "IdempotencyKey",
    "InformationGiven",
    "InformationRequest",
    "KeySafeCode",
    "KnownTo",
    "LegalHold",
    "Merge",
    "MergeRow",
    "NewsSeen",
    "Person",
    "PersonImport",
    "PersonKeys",
    "PossibleDuplicate",
    "Preferences",
    "Recommendation",
    "Referral",
    "ReferralTransition",
    "RelatedPerson",
    "SavedView",
    "SharingBasis",
    "Signposting",
    "Statement",
    "SubjectAccess",
    "ToldDifference",
    "TriageRules",
    "VisitWarning",
    "Worry",
]
