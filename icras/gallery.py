"""The page that shows every component in every state, for designers, testers and axe. All people are invented."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms.fields import ClockTimeField, DayField

LONG_NAME = "Wilhelmina-Anastasia Featherstonehaugh-Cholmondeley-Warner"
YES_NO = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))
PLACES = (("home", "Own home"), ("elsewhere", "Somewhere else"), ("care_home", "Care home"), ("hospital", "Hospital"))


class GalleryForm(forms.Form):
    """One field of each kind."""

    ring_back = forms.CharField(label="Number to ring back", widget=forms.TextInput(attrs={"type": "tel"}))
    nhs_number = forms.CharField(label="NHS number", required=False, help_text="Ten figures, if known")
    born_on = DayField(label="Date of birth", help_text="For example, 4 3 1947")
    received = ClockTimeField(label="First received")
    told = forms.CharField(label="In the caller’s words", widget=forms.Textarea)
    where = forms.ChoiceField(label="Place", choices=PLACES, widget=forms.RadioSelect)
    zone = forms.ChoiceField(label="Zone", choices=(("", "Choose"), ("crosby", "Crosby"), ("formby", "Formby")))
    needs = forms.MultipleChoiceField(
        label="What is needed",
        choices=(("hoist", "Hoist"), ("two", "Two workers")),
        widget=forms.CheckboxSelectMultiple,
    )
    agreed = forms.BooleanField(label="She has been told that we are coming")
    chest_pain = forms.ChoiceField(label="Chest pain now", choices=YES_NO, widget=forms.RadioSelect)
    breathing = forms.ChoiceField(label="Trouble breathing, blue lips", choices=YES_NO, widget=forms.RadioSelect)


GOOD = {
    "ring_back": "07700 900 318",
    "nhs_number": "999 123 4012",
    "born_on_0": "4",
    "born_on_1": "3",
    "born_on_2": "1947",
    "received": "14:10",
    "told": "She’s here on my settee, she’s not hurt but I can’t lift her.",
    "where": "elsewhere",
    "zone": "crosby",
    "needs": ["hoist"],
    "agreed": "on",
    "chest_pain": "no",
    "breathing": "not_known",
}
BAD = {"born_on_0": "31", "born_on_1": "2", "born_on_2": "1947", "received": "25:10", "chest_pain": "no"}


def clock(state: str, headline: str, second: str, icon: str = "", **more: str) -> dict[str, str]:
    """Return what clock.html reads."""
    return {"state": state, "headline": headline, "second": second, "icon": icon or state, **more}


CLOCKS = (
    clock("run", "38 min left", "2-hour visit"),
    clock("soon", "8 min left", "2-hour triage"),
    clock("late", "Overdue by 12 min", "2-hour visit"),
    clock("met", "Met with 8 min to spare", "2-hour visit"),
    clock("missed", "Missed by 3 days", "14-day review", href="#", words="give reason"),
    clock("pause", "Paused", "Stair rail: landlord asked, since 14:02"),
    clock("gone", "Cancelled", "Bed request: went home instead"),
)


def row(state: int, name: str, **more: Any) -> dict[str, Any]:
    """Return what a row of the board's list reads."""
    marks = dict.fromkeys(("closed", "current", "picked", "restricted", "unseen", "unopened", "news"), False)
    usual = marks | {
        "id": f"g-{state}-{len(name)}",
        "clock": CLOCKS[state],
        "url": "#g-rows",
        "panel_url": "#g-rows",
        "name": name,
        "age": 79,
        "where": "At home",
        "where_icon": "pin",
        "zone": "Crosby",
        "what": "Fell in bathroom at 11. Up now, hip sore, can’t manage the stairs.",
        "warnings": (),
        "caller": "Daughter, Jo",
        "phone": "0151 496 0172",
        "whole": True,
        "tel": "01514960172",
        "stage": "Not seen yet",
        "who": "J. Okafor",
        "since": "13:05",
    }
    return usual | more


ROWS = (
    row(2, "Maud Testalder", age=91, warnings=["Two to visit", "Oxygen and smoking"]),
    row(1, "Ruby Sampleton", where="Next door", warnings=["No way in: key with neighbour"], current=True),
    row(
        0,
        "Ernest Testworth",
        age=85,
        where="Ward 7B",
        where_icon="bed",
        unseen=True,
        unopened=True,
        stage="New",
        who="Nobody",
    ),
    row(3, "Albert Mockford", restricted=True, news=True, picked=True),
    row(0, "Restricted record", closed=True, door="Open with a reason", zone="Formby", stage="New", who="Nobody"),
    row(
        0,
        LONG_NAME,
        age=101,
        where="With her great-granddaughter’s neighbour at the caravan",
        caller="Community matron, Llanfairpwllgwyngyll ward",
        warnings=["Needs Polish interpreter", "Dementia", "Allergy: latex"],
    ),
)
BOARD = {
    "caption": "Open referrals, next deadline first",
    "first_heading": "Time left ↑",
    "last_heading": "Stage, held since",
    "rows": ROWS,
    "several": True,
}
TABS = (
    {"url": "#", "words": "All open", "count": 24, "current": True},
    {"url": "#", "words": "2-hour", "count": 6, "late": 2},
    {"url": "#", "words": "Waiting for information", "count": 3},
    {"url": "#", "words": "Done today", "count": 0},
)
CHIPS = (
    {"url": "#", "words": "All zones", "current": True},
    {"url": "#", "words": "Southport"},
    {"url": "#", "words": "Formby"},
)
CALL = {"url": "#", "words": "Take a call", "icon": "phone", "key": "N"}
ACTS = (
    {"url": "#", "words": "Log contact", "icon": "phone", "key": "C"},
    {"url": "#", "words": "Visit note", "icon": "note", "key": "V"},
    {"url": "#", "words": "Change service", "icon": "swap", "key": "S"},
    {"url": "#", "words": "Got worse", "icon": "worse", "key": "W", "alarm": True},
    {"url": "#", "words": "Safeguarding", "icon": "shield", "key": "G", "alarm": True},
)
FACTS = (
    {"term": "Ring first", "words": "Jean, daughter, 07700 900 725", "href": "tel:07700900725", "icon": "phone"},
    {"term": "Now", "words": "At home, 5 Mockup Close, Formby L37 9ZZ"},
    {"term": "Getting in", "words": "Key safe at side door", "act_href": "#", "act_words": "show code"},
    {"term": "Co-ordinator", "words": "J. Okafor, duty 0151 496 0100"},
    {"term": "Last seen", "words": "12:05 today", "wide": True},
)
HEAD = {
    "name": LONG_NAME,
    "age": 84,
    "nhs_number": "9993104272",
    "line": "Day 17 of 42, reablement",
    "reference": "Episode E-26-02981",
}
WARNINGS = ("Allergy: penicillin", "Two to visit after dark: dog", "Hard of hearing: ring twice, speak to left")
NEXT = (
    {"when": "15:30 today", "icon": "home", "words": "Visit: stairs, R. Haq"},
    {"when": "18:00 today", "icon": "worse", "tone": "ic-red", "words": "Check chest again", "href": "#"},
    {"when": "Mon 21 Sep", "icon": "soon", "words": "Start the ending and handover plan, J. Okafor"},
)
DAYS = (
    {
        "words": "Today, Thu 17 Sep",
        "entries": (
            {
                "time": "14:20",
                "icon": "worse",
                "tone": "ic-red",
                "title": "Got worse:",
                "text": "chesty since morning. GP rung 14:24, visit today.",
                "who": "P. Nurse-Sample, reablement",
            },
            {"time": "12:05", "icon": "home", "title": "Visit, seen.", "text": "40 min.", "who": "D. Mock"},
            {
                "time": "11:58",
                "icon": "home",
                "title": "Visit, seen.",
                "text": "Written on the wrong case.",
                "who": "D. Mock",
                "struck": True,
            },
        ),
    },
)
BAR = {
    "title": "Time bar, Saturday 18:10 BST to Sunday 11:00 GMT",
    "description": "Counted 1 hour 50, closed 13 hours, counted 1 hour 15, paused 50 minutes, counted 47 minutes.",
    "width": 1080,
    "pieces": (
        {"x": 40, "width": 103, "kind": "counts", "words": "1 h 50", "middle": 91},
        {"x": 143, "width": 729, "kind": "closed", "words": "Closed 13 h 0", "middle": 507},
        {"x": 872, "width": 70, "kind": "counts", "words": "1 h 15", "middle": 907},
        {"x": 942, "width": 47, "kind": "paused"},
        {"x": 989, "width": 44, "kind": "counts", "words": "47", "middle": 1011},
    ),
    "ticks": (
        {"x": 40, "first": "Sat 18:10", "second": "BST", "anchor": "start"},
        {"x": 143, "first": "20:00", "second": "BST", "anchor": "middle"},
        {"x": 479, "first": "02:00 BST", "second": "becomes 01:00 GMT", "anchor": "middle", "dashed": True},
        {"x": 872, "first": "Sun 08:00", "second": "GMT", "anchor": "end"},
    ),
    "marks": (
        {"x": 1033, "words": "Decided 10:52", "kind": "stop", "anchor": "end", "y": 24},
        {"x": 1040, "words": "Due 11:00 GMT", "kind": "due", "anchor": "end", "y": 118},
    ),
}


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Show every component in every state."""
    context = {
        "good": GalleryForm(GOOD, auto_id="good_%s"),
        "bad": GalleryForm(BAD, auto_id="bad_%s", prefix=None),
        "clocks": CLOCKS,
        "board": BOARD,
        "tabs": TABS,
        "chips": CHIPS,
        "call": CALL,
        "case": {"acts": ACTS, "due": NEXT},
        "held": {"episode": True},
        "facts": FACTS,
        "head": HEAD,
        "warnings": WARNINGS,
        "days": DAYS,
        "bar": BAR,
        "empty_acts": (CALL, {"url": "#", "words": "New, 9 to triage", "secondary": True}),
    }
    return render(request, "icras/components.html", context)
