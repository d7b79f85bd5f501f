import pytest

from capacity.domain import is_prefix, prefixes_of


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("L20 3AB", ["L20 3AB", "L20 3A", "L20 3", "L20", "L"]),
        (" l203ab ", ["L20 3AB", "L20 3A", "L20 3", "L20", "L"]),
        ("PR8 1XY", ["PR8 1XY", "PR8 1X", "PR8 1", "PR8", "PR"]),
        ("L2 0AB", ["L2 0AB", "L2 0A", "L2 0", "L2", "L"]),
        ("PR8", ["PR8", "PR"]),
        ("", []),
        ("not known", []),
        ("L20 3", []),
    ],
)
def test_prefixes_of__are_longest_first(typed, expected):
    assert prefixes_of(typed) == expected


@pytest.mark.parametrize("text", ["L", "L20", "PR8", "L20 3", "L20 3AB", "L20 3A", "W1A"])
def test_is_prefix__takes_areas_districts_sectors_and_whole_postcodes(text):
    assert is_prefix(text)


@pytest.mark.parametrize("text", ["", "l20", "L203", "L20 ", "20", "Bootle", "L20 AB"])
def test_is_prefix__refuses_what_could_never_match(text):
    assert not is_prefix(text)
