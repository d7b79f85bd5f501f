"""Examples for the OpenAPI document. All people are invented."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

REFERRAL_ID = "3f0c1d9e-5a3b-4a53-9a55-6c1f0f2b7a10"
CASE_ID = "9b1d8c2a-0e57-4d8e-8f6a-2f6d1c9e4b21"
OWN = f"/api/v1/referrals/{REFERRAL_ID}/"
CLOCK: dict[str, Any] = {
    "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "policy": "crisis_response",
    "started_at": "2026-05-11T13:32:00Z",
    "due_at": "2026-05-11T15:32:00Z",
    "stopped_at": None,
    "status": "running",
    "reason": None,
}
ANSWER: dict[str, Any] = {
    "id": REFERRAL_ID,
    "reference": "R-26-00042",
    "case_id": CASE_ID,
    "status": "new",
    "version": 1,
    "clocks": [CLOCK],
    "links": {"self": OWN, "withdraw": f"{OWN}withdraw/"},
}
DETAIL: dict[str, Any] = ANSWER | {
    "direction": "step_up",
    "urgency": "crisis",
    "service": None,
    "received_at": "2026-05-11T13:32:00Z",
    "recorded_at": "2026-05-11T13:33:10Z",
    "joined_case_id": None,
}
SHORT: dict[str, Any] = {
    "person": {"family_name": "Testalder", "given_name": "Maud", "born_on": "1935-02-01"},
    "direction": "step_up",
    "urgency": "crisis",
    "source": {"kind": "gp", "phone": "01632 960018"},
    "reason": "falls",
    "summary": "Fell in the bathroom at 11. Up now, hip sore.",
}
WHOLE: dict[str, Any] = SHORT | {
    "person": {
        "nhs_number": "9991234004",
        "family_name": "Testalder",
        "given_name": "Maud",
        "born_on": "1935-02-01",
        "address_lines": ["1 Sample Street", "Crosby"],
        "postcode": "L23 9ZZ",
        "phone": "01632 960011",
        "gp_practice": "Sample Surgery",
    },
    "received_at": "2026-05-11T14:32:00+01:00",
    "location_now": {
        "kind": "elsewhere",
        "address_lines": ["3 Example Road"],
        "postcode": "L23 9ZY",
        "phone": "01632 960012",
        "access": "Key safe by the side door",
    },
    "who_is_with_them": "Daughter until 6",
    "contact_person": {"name": "Pat Proof", "relationship": "Daughter", "phone": "07700 900318"},
    "person_agrees": "yes",
    "hospital": {"site": "", "ward": "", "ready_on": None},
    "source": {"kind": "gp", "organisation": "Sample Surgery", "referrer_name": "Dr Stub", "phone": "01632 960018"},
    "medically_stable": True,
    "medicines_addressed": None,
}

REFERRAL = OpenApiExample("Everything", WHOLE, request_only=True)
SHORTEST = OpenApiExample("The least", SHORT, request_only=True)
MADE = OpenApiExample("Made", ANSWER | {"possible_duplicates": []}, response_only=True, status_codes=["201"])
RECOMMENDED: dict[str, Any] = {
    "version": 1,
    "service": "crisis",
    "urgency": "crisis",
    "disposition": "accept",
    "reasons": [{"code": "asked_urgent", "words": "Asked for within two hours, from the community"}],
}
ADVISED = OpenApiExample(
    "As it stands", DETAIL | {"recommendation": RECOMMENDED}, response_only=True, status_codes=["200"]
)
STANDS = OpenApiExample("As it stands", DETAIL, response_only=True, status_codes=["200"])
PAGE = OpenApiExample("The last page", {"results": [DETAIL], "next": None}, response_only=True, status_codes=["200"])
TRIAGE = OpenApiExample(
    "Made crisis",
    {"urgency": "crisis", "service": "crisis", "reason": "Alone, cannot stand since noon."},
    request_only=True,
)
DECLINE = OpenApiExample("Needs hospital", {"reason": "needs_hospital", "signpost": "emergency_999"}, request_only=True)
