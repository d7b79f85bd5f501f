"""Components: each renders its states, keeps its words and wires labels, hints and faults."""

import re
from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string

from accounts.forms.fields import ClockTimeField, DayField
from icras import assets
from icras.fields import macro_for
from icras.gallery import BAD, BOARD, CLOCKS, GOOD, GalleryForm
from icras.templatetags import ic, nhsuk


def html(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


def test_render_nhsuk__escapes_words() -> None:
    assert "&lt;b&gt;" in nhsuk.nhsuk("button", text="<b>")


def test_nest_pairs__splits_on_two_underscores() -> None:
    assert nhsuk.nested({"label__text": "Name", "id": "x"}) == {"label": {"text": "Name"}, "id": "x"}


def test_render_nhsuk__knows_macros_named_otherwise() -> None:
    assert "<table" in nhsuk.nhsuk("tables", rows=[], head=[])


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: clock["state"])
def test_show_clock__says_state_in_words_and_shape(clock: dict[str, str]) -> None:
    shown = render_to_string("components/clock.html", {"clock": clock})
    assert clock["headline"] in shown
    assert clock["second"] in shown
    assert f'href="#i-{clock["icon"]}"' in shown
    assert f"ic-clock--{clock['state']}" in shown


def test_show_icons__every_clock_state_has_a_symbol() -> None:
    sprite = render_to_string("components/icons.html")
    assert {f'id="i-{clock["icon"]}"' in sprite for clock in CLOCKS} == {True}


def test_show_field__joins_label_hint_and_fault() -> None:
    shown = html("{% field form.nhs_number width=10 %}", form=GalleryForm({}, auto_id="id_%s"))
    assert re.search(r'<label[^>]* for="id_nhs_number"', shown)
    assert 'aria-describedby="id_nhs_number-hint"' in shown
    assert 'autocomplete="off"' in shown


def test_show_field__fault_is_described_and_said() -> None:
    shown = html("{% field form.ring_back %}", form=GalleryForm(BAD))
    assert 'aria-describedby="id_ring_back-error"' in shown
    assert 'aria-invalid="true"' in shown
    assert "Enter this" in shown


def test_show_field__keeps_what_was_typed() -> None:
    form = GalleryForm(BAD)
    shown = html("{% field form.born_on %}{% field form.received %}", form=form)
    assert 'value="31"' in shown
    assert 'value="25:10"' in shown


def test_show_field__escapes_what_was_typed() -> None:
    shown = html("{% field form.told %}", form=GalleryForm({"told": "</textarea><script>"}))
    assert "<script>" not in shown


def test_show_radios__first_choice_carries_the_id_of_the_field() -> None:
    shown = html("{% field form.where inline=True %}", form=GalleryForm(GOOD))
    assert 'id="id_where" name="where" type="radio" value="home"' in shown
    assert re.search(r'value="elsewhere" checked', shown)
    assert "<legend" in shown


def test_show_select__marks_the_chosen_one() -> None:
    shown = html("{% field form.zone %}", form=GalleryForm(GOOD))
    assert re.search(r'<option value="crosby" selected>', shown)


def test_show_tick__is_checked_by_value() -> None:
    assert " checked" in html("{% field form.agreed %}", form=GalleryForm(GOOD))
    assert " checked" not in html("{% field form.agreed %}", form=GalleryForm(BAD))


def test_show_hidden_field__has_no_label() -> None:
    class Hidden(forms.Form):
        version = forms.CharField(widget=forms.HiddenInput)

    assert html("{% field form.version %}", form=Hidden()) == '<input type="hidden" name="version" id="id_version">'


def test_show_model_choices__compares_by_value() -> None:
    class Grouped(forms.Form):
        team = forms.ChoiceField(choices=[("North", [("a", "A"), ("b", "B")]), ("c", "C")])

    items = macro_for(Grouped({"team": "b"})["team"])[1]["items"]
    assert [item["value"] for item in items if item["selected"]] == ["b"]
    assert len(items) == 3


def test_show_errors__links_each_fault_to_its_field() -> None:
    shown = html("{% errors form %}", form=GalleryForm(BAD, auto_id="f_%s"))
    assert "Nothing is lost. 9 things to put right" in shown
    assert '<a href="#f_born_on_0">Date of birth: enter a real date, like 4 3 1947</a>' in shown
    assert '<a href="#f_where">Place: choose one</a>' in shown


def test_show_errors__after_a_question_begins_a_sentence() -> None:
    class Asking(forms.Form):
        why = forms.CharField(label="Why not?", error_messages={"required": "Say why not"})
        words = forms.CharField(label="In a few words", error_messages={"required": "Say more"})

    shown = html("{% errors form %}", form=Asking({}))
    assert "Why not? Say why not" in shown
    assert "In a few words: say more" in shown


def test_show_errors__says_nothing_when_there_is_none() -> None:
    assert html("{% errors form %}", form=GalleryForm(GOOD)).strip() == ""


def test_show_errors__faults_of_the_whole_form_come_first() -> None:
    form = GalleryForm(GOOD)
    form.add_error(None, "Someone else has it")
    assert "<li>Someone else has it</li>" in html("{% errors form %}", form=form)
    assert "One thing to put right" in html("{% errors form %}", form=form)


def test_show_red_flag__asks_for_an_answer() -> None:
    shown = render_to_string("components/red_flag.html", {"field": GalleryForm(BAD)["breathing"]})
    assert "ic-flag--error" in shown
    assert "Choose one" in shown


def test_show_row__clock_comes_first_and_name_is_the_header() -> None:
    shown = ic.long_list("casework/board_list.html", board=BOARD)
    assert shown.index("Overdue by 12 min") < shown.index(">Maud Testalder<") < shown.index("Fell in bathroom")
    assert '<th scope="row" role="rowheader"><a class="ic-name"' in shown
    assert 'href="tel:01514960172"' in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("9993104272", "999\u00a0310\u00a04272"), ("999 310 4272", "999\u00a0310\u00a04272"), ("12", "12"), (None, "")],
)
def test_show_nhs_number__groups_3_3_4(value: str | None, shown: str) -> None:
    assert ic.nhs_number(value) == shown


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (datetime(2026, 9, 17, 13, 32, tzinfo=UTC), "Thu 17 Sep, 14:32 BST"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "Thu 31 Dec, 23:59 GMT"),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), "Wed 1 Jul, 00:30 BST"),
    ],
)
def test_show_instant__in_london(instant: datetime, shown: str) -> None:
    assert ic.day_and_time(instant) == shown


def test_show_nothing__for_no_time() -> None:
    assert [ic.day_and_time(None), ic.short_day(None), ic.long_day(None), ic.clock_time(None), ic.zoned_time(None)] == [
        ""
    ] * 5


def test_show_day__with_or_without_year() -> None:
    assert ic.short_day(date(2026, 9, 17)) == "Thu 17 Sep"
    assert ic.long_day(date(2026, 9, 17)) == "Thu 17 Sep 2026"


def test_show_phone__never_breaks_and_can_be_rung() -> None:
    assert ic.phone("0151 496 0172") == "0151\u00a0496\u00a00172"
    assert ic.tel("+44 151 496 0172") == "+441514960172"


def test_prepare_assets__asks_no_other_host(tmp_path: object) -> None:
    css = assets.without_remote_font('@font-face {src:url(https://x/y.woff)}a{font-family:"Frutiger W01", Arial}')
    assert css == "a{font-family:Arial}"


def test_prepare_assets__writes_once(tmp_path: "assets.Path") -> None:
    folder = assets.prepare(tmp_path / "a")
    css = (folder / "nhsuk.css").read_text()
    assert "https://" not in css
    assert "@font-face" not in css
    assert "Frutiger" not in css
    (folder / "nhsuk.css").write_text("kept")
    assert (assets.prepare(folder) / "nhsuk.css").read_text() == "kept"


class Moment(forms.Form):
    day = DayField()
    at = ClockTimeField()


@pytest.mark.parametrize("typed", [("31", "2", "2026"), ("1", "1", "26"), ("a", "1", "2026"), ("1", "", "2026")])
def test_type_day__refuses_what_is_no_day(typed: tuple[str, str, str]) -> None:
    form = Moment({"day_0": typed[0], "day_1": typed[1], "day_2": typed[2], "at": "9:30"})
    assert list(form.errors) == ["day"]


@pytest.mark.parametrize(("typed", "hour"), [("9:30", 9), ("0930", 9), ("09.30", 9), ("23:30", 23)])
def test_type_time__accepts_how_people_write(typed: str, hour: int) -> None:
    form = Moment({"day_0": "4", "day_1": "3", "day_2": "2026", "at": typed})
    assert form.is_valid()
    assert (form.cleaned_data["day"], form.cleaned_data["at"].hour) == (date(2026, 3, 4), hour)


@pytest.mark.parametrize("typed", ["25:10", "noon", "9:75", "123456", "8", "20", "9:5", "1:2:3"])
def test_type_time__refuses_what_is_no_time(typed: str) -> None:
    assert "at" in Moment({"at": typed}).errors


def test_show_password__is_never_sent_back() -> None:
    class Secret(forms.Form):
        password = forms.CharField(widget=forms.PasswordInput)

    assert "open sesame" not in html("{% field form.password %}", form=Secret({"password": "open sesame"}))


@pytest.mark.parametrize("code", [400, 403, 404, 429, 500])
def test_show_error_page__needs_nothing_that_may_be_broken(code: int) -> None:
    shown = render_to_string(f"{code}.html")
    assert "<h1>" in shown
    assert "Go to my first page" in shown
