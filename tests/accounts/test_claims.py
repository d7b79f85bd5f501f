"""How claims are read. No database."""

import pytest

from accounts.sign_in.claims import asserts_second_factor, full_name, is_left_out, nonce_of, values_at, vouched_email

CIS2 = {
    "nhsid_nrbac_roles": [
        {"org_code": "RW4", "role_code": "S0010:G0020:R8001", "activity_codes": ["B0001", "B0002"]},
        {"org_code": "RTV", "role_code": "S0010:G0020:R8000"},
    ]
}


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"roles": ["a", "b"]}, "roles", {"a", "b"}),
        ({"roles": "a"}, "roles", {"a"}),
        ({"roles": "a b"}, "roles", {"a b"}),
        ({"roles": 7}, "roles", {"7"}),
        ({"roles": [True, None, {"a": "b"}, ["c"]]}, "roles", {"c"}),
        ({"https://town.example/roles": ["a"]}, "https://town.example/roles", {"a"}),
        (CIS2, "nhsid_nrbac_roles.role_code", {"S0010:G0020:R8001", "S0010:G0020:R8000"}),
        (CIS2, "nhsid_nrbac_roles.activity_codes", {"B0001", "B0002"}),
        (CIS2, "nhsid_nrbac_roles", set()),
        ({"roles": "a"}, "roles.inner", set()),
        ({}, "roles", set()),
        ({}, "", set()),
    ],
)
def test_values__are_found_through_lists_and_inner_claims(claims, path, found):
    assert values_at(claims, path) == found


@pytest.mark.parametrize(
    ("claims", "domains", "email"),
    [
        ({"email": "A@Town.example", "email_verified": True}, [], "a@town.example"),
        ({"email": "a@town.example", "email_verified": "true"}, [], "a@town.example"),
        ({"email": "a@town.example", "email_verified": False}, [], ""),
        ({"email": "a@town.example"}, [], ""),
        ({"email": "a@town.example"}, ["TOWN.example"], "a@town.example"),
        ({"email": "a@sub.town.example"}, ["town.example"], ""),
        ({"email": "a@evil.example@town.example"}, ["town.example"], ""),
        ({"email": ["a@town.example"], "email_verified": True}, [], ""),
        ({"email": "@town.example", "email_verified": True}, ["town.example"], ""),
        ({"email": "a@", "email_verified": True}, [], ""),
        ({"email": "a, b@town.example", "email_verified": True}, [], ""),
        ({"email": "a@town..example", "email_verified": True}, [], ""),
        ({"email": "a\n@town.example", "email_verified": True}, [], ""),
        ({"email": "a" * 250 + "@town.example", "email_verified": True}, [], ""),
        ({}, ["town.example"], ""),
    ],
)
def test_email__counts_only_when_somebody_vouches_for_it(claims, domains, email):
    assert vouched_email(claims, domains) == email


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Alice Test "}, "Alice Test"),
        ({"given_name": "Alice", "family_name": "Test"}, "Alice Test"),
        ({"name": "", "given_name": "Alice"}, "Alice"),
        ({"name": 7}, "alice"),
        ({"name": "x" * 200}, "x" * 120),
    ],
)
def test_name__is_what_the_provider_says_or_the_front_of_the_address(claims, name):
    assert full_name(claims, "alice@town.example") == name


def test_second_factor__is_asserted_only_by_a_listed_proof():
    assert asserts_second_factor({"amr": ["pwd", "mfa"]}, ["acr=high", "amr=mfa"])
    assert not asserts_second_factor({"amr": ["pwd"]}, ["amr=mfa"])
    assert not asserts_second_factor({"amr": ["mfa"]}, [])
    assert not asserts_second_factor({"amr": [""]}, ["amr=mfa"])


def test_left_out__is_said_of_the_claim_that_had_no_room():
    assert is_left_out({"_claim_names": {"groups": "src1"}}, "groups")
    assert not is_left_out({"_claim_names": {"groups": "src1"}}, "roles")
    assert not is_left_out({"groups": []}, "groups")
    assert not is_left_out({"_claim_names": "groups"}, "groups")


def test_nonce__belongs_to_its_verifier_alone():
    assert nonce_of("a") == nonce_of("a") != nonce_of("b")
