"""Pure rules of plans."""

from datetime import date

import pytest

from careplans.domain import AgreedTo, Agreement, Decided, RiskTaken, is_web_address

WHOLE = {"benefit": "Gets her own tea", "harm": "A scald", "control": "Kettle tipper", "agreed_with": "Maud"}


def test_unsaid__names_every_empty_part():
    """R066."""
    assert RiskTaken(**WHOLE, review_on=date(2026, 12, 1)).unsaid() == ()
    for name in WHOLE:
        assert RiskTaken(**(WHOLE | {name: " "}), review_on=date(2026, 12, 1)).unsaid() == (name,)


@pytest.mark.parametrize("answer", Agreement)
def test_refusal__only_a_plain_yes_needs_no_words(answer):
    """R068."""
    assert (Decided(AgreedTo.PLAN, answer, " ").refusal() is None) == (answer is Agreement.YES)
    assert Decided(AgreedTo.PLAN, answer, "Her daughter was asked").refusal() is None


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("https://records.example/p/1", True),
        ("http://records.example/", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        (f"https://somebody:{WHOLE['benefit']}@records.example/", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_web_address__is_https_with_a_host(text, good):
    assert is_web_address(text) is good
