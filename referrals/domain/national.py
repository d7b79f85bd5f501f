"""Lists that England has one of: what is stored, and what staff read. Pure.

Codes in the third place are those of the UK Core value sets. Ethnicity, accommodation, support reason, funding, sight
and hearing have the values of Client Level Data, release 2. An empty value means "not asked yet" everywhere.
"""

from dataclasses import dataclass

NOT_ASKED = ""
NONE = "none"
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a list: stored code, words on screen, the NHS code where there is one."""

    code: str
    words: str
    nhs: str = ""


List = tuple[Entry, ...]

YES_NO: List = (Entry(YES, "Yes"), Entry(NO, "No"))
GENDERS: List = (
    Entry("male", "Male", "1"),
    Entry("female", "Female", "2"),
    Entry("indeterminate", "Indeterminate", "9"),
    Entry("not_known", "Not known", "X"),
)
CONTACT_METHODS: List = (
    Entry("letter", "Letter", "1"),
    Entry("visit", "Visit", "2"),
    Entry("telephone", "Telephone", "3"),
    Entry("email", "E-mail", "4"),
    Entry("minicom", "Minicom (textphone)", "5"),
    Entry("proxy", "Telephone through somebody else", "6"),
    Entry("sign_language", "Sign language", "7"),
    Entry("no_telephone", "Not by telephone", "8"),
    Entry("text", "Text message", "9"),
)
FORMATS: List = (  # Easy Read and "as usual" are not in the UK Core list and are held here alone
    Entry(NONE, "As usual, no other format"),
    Entry("large_print", "Large print", "11"),
    Entry("braille", "Braille", "12"),
    Entry("audio", "Audio", "13"),
    Entry("easy_read", "Easy Read"),
)
ETHNICITIES: List = (
    Entry("white_british", "White: English, Welsh, Scottish, Northern Irish or British", "A"),
    Entry("white_irish", "White: Irish", "B"),
    Entry("gypsy_traveller", "White: Gypsy or Irish Traveller", "C"),
    Entry("roma", "White: Roma", "C"),
    Entry("white_other", "White: any other", "C"),
    Entry("mixed_white_caribbean", "Mixed: White and Black Caribbean", "D"),
    Entry("mixed_white_african", "Mixed: White and Black African", "E"),
    Entry("mixed_white_asian", "Mixed: White and Asian", "F"),
    Entry("mixed_other", "Mixed: any other", "G"),
    Entry("indian", "Asian or Asian British: Indian", "H"),
    Entry("pakistani", "Asian or Asian British: Pakistani", "J"),
    Entry("bangladeshi", "Asian or Asian British: Bangladeshi", "K"),
    Entry("chinese", "Asian or Asian British: Chinese", "R"),
    Entry("asian_other", "Asian or Asian British: any other", "L"),
    Entry("african", "Black: African", "N"),
    Entry("caribbean", "Black: Caribbean", "M"),
    Entry("black_other", "Black: any other", "P"),
    Entry("arab", "Other: Arab", "S"),
    Entry("other", "Other: any other", "S"),
    Entry("refused", "Asked, did not want to say", "Z"),
    Entry("not_known", "Asked, not known", "99"),
)
ACCOMMODATIONS: List = (
    Entry("owner", "Owner occupier or shared ownership scheme"),
    Entry("tenant", "Tenant of a council or housing association"),
    Entry("tenant_private", "Tenant of a private landlord"),
    Entry("family_settled", "Settled with family or friends"),
    Entry("supported", "Supported accommodation, supported lodgings or group home"),
    Entry("shared_lives", "Shared Lives scheme"),
    Entry("approved_premises", "Approved premises (released from prison or under probation)"),
    Entry("sheltered", "Sheltered, extra care or other sheltered housing"),
    Entry("mobile", "Mobile accommodation for Gypsy, Roma and Traveller communities"),
    Entry("rough_sleeper", "Rough sleeper or squatting"),
    Entry("night_shelter", "Night shelter, emergency or direct access hostel"),
    Entry("refuge", "Refuge"),
    Entry("council_temporary", "Placed in temporary accommodation by the council"),
    Entry("family_guest", "Staying with family or friends as a short-term guest"),
    Entry("hospital", "Hospital or long-term healthcare facility"),
    Entry("care_home", "Registered care home"),
    Entry("nursing_home", "Registered nursing home"),
    Entry("prison", "Prison, young offenders institution or detention centre"),
    Entry("other_temporary", "Other temporary accommodation"),
    Entry("unknown", "Asked, not known"),
)
SUPPORT_REASONS: List = (
    Entry("physical_mobility", "Physical support: access and mobility only"),
    Entry("physical_care", "Physical support: personal care"),
    Entry("sensory_visual", "Sensory support: sight"),
    Entry("sensory_hearing", "Sensory support: hearing"),
    Entry("sensory_dual", "Sensory support: sight and hearing"),
    Entry("memory", "Support with memory and cognition"),
    Entry("learning_disability", "Learning disability support"),
    Entry("mental_health", "Mental health support"),
    Entry("substance_misuse", "Social support: substance misuse"),
    Entry("asylum_seeker", "Social support: asylum seeker"),
    Entry("isolation_other", "Social support: isolation or another reason"),
    Entry("unpaid_carer", "Social support: to an unpaid carer"),
    Entry("unknown", "Asked, not known"),
)
FUNDINGS: List = (
    Entry("self", "Pays for all of it"),
    Entry("joint", "Pays together with social care"),
    Entry("social_care", "Social care pays for all of it"),
    Entry("unknown", "Asked, not known"),
)
SIGHTS: List = (
    Entry("blind", "Blind, severely sight impaired"),
    Entry("partial", "Partial sight, sight impaired"),
    Entry("no_impairment", "No impairment"),
    Entry("severity_unknown", "Impaired, not known how much"),
    Entry("unknown", "Asked, not known"),
)
HEARINGS: List = (
    Entry("deaf_speech", "Deaf with speech"),
    Entry("deaf_no_speech", "Deaf without speech"),
    Entry("hard_of_hearing", "Hard of hearing"),
    Entry("no_impairment", "No impairment"),
    Entry("severity_unknown", "Impaired, not known how much"),
    Entry("unknown", "Asked, not known"),
)
COHORTS: List = (  # whom the service is for (R013). None of them closes a door
    Entry(NONE, "None of these"),
    Entry("frailty", "Frailty"),
    Entry("mild_cognitive_impairment", "Mild cognitive impairment"),
    Entry("dementia", "Dementia"),
    Entry("delirium", "Delirium"),
    Entry("end_of_life", "Palliative or end of life"),
    Entry("mental_health", "Mental health condition"),
    Entry("learning_disability", "Learning disability"),
    Entry("autism", "Autism"),
    Entry("homeless", "Homeless, or may become so"),
)
ALLERGIES: List = (Entry("none_known", "None known"), Entry("has", "Has allergies"))
DIGITAL: List = (
    Entry("uses", "Uses it"),
    Entry("would", "Would, with help"),
    Entry("declined", "Offered, did not want it"),
)


def nhs_ethnic_category(code: str) -> str:
    """Return the ethnic category of 2001 for a value held, "Z" for refused; nothing while not asked."""
    return next((entry.nhs for entry in ETHNICITIES if entry.code == code), "")


NUMBER_STATUSES: List = (  # of an NHS number; absence means not known yet
    Entry("01", "Verified with the national record", "01"),
    Entry("02", "As told, not traced", "02"),
    Entry("03", "Not known yet, to be traced", "03"),
    Entry("04", "Traced: no match, or several", "04"),
    Entry("05", "Conflict to be resolved", "05"),
    Entry("06", "Being traced", "06"),
    Entry("07", "None, and none needed", "07"),
    Entry("08", "Trace put off", "08"),
)
