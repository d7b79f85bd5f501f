"""Small presentational tags, loaded for every template: icon, field, errors, key, NHS number, times in London."""

import datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.domain import Duty
from accounts.domain.rota import LONDON
from accounts.presenters import DUTY_WORDS, role_words, sentence
from icras.fields import fault_words, first_id, macro_for, summary_words
from icras.templatetags.nhsuk import render

register = template.Library()

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COUNTED = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things", "Six things")


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Return one symbol of the sprite; decoration only, the words beside it carry the meaning."""
    return format_html(
        '<svg class="ic-i{}" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>',
        f" {classes}" if classes else "",
        name,
    )


@register.simple_tag
def key(name: str) -> SafeString:
    """Return a key cap."""
    return format_html('<kbd class="ic-kbd">{}</kbd>', name)


@register.simple_tag
def long_list(name: str, **context: Any) -> SafeString:
    """Return a list out of templates/lists: written by Jinja2, quicker where rows are many; it escapes as well."""
    return mark_safe(render_to_string(name, context, using="lists"))  # noqa: S308  (Jinja2 escaped every value)


@register.simple_block_tag
def step(content: str, number: int, title: str, intro: str = "") -> SafeString:
    """Return one numbered step of a form around its content."""
    return render_to_string(
        "components/form_step.html", {"content": content, "number": number, "title": title, "intro": intro}
    )


@register.simple_block_tag
def box(content: str, title: str, **look: str) -> SafeString:
    """Return a white box with a heading; look: note (grey, beside it), id, href and words (a link at its end)."""
    return render_to_string("components/box.html", {"content": content, "title": title, **look})


@register.simple_block_tag
def message(content: str, kind: str = "", **look: Any) -> SafeString:
    """Return a message ("" blue, "soon", "late", "done"); look: icon, tone, title, label, code, live."""
    return render_to_string("components/message.html", {"content": content, "kind": kind, **look})


@register.simple_tag
def field(bound: BoundField, **look: Any) -> SafeString:
    """Return a whole form field as NHS.UK markup: label, hint, error and control wired together.

    look: width, hint, label, inline, small, rows, hide_label, classes, group, optional.
    """
    if bound.is_hidden:
        return SafeString(bound)
    component, params = macro_for(bound, **{key: value for key, value in look.items() if value not in ("", None)})
    return render(component, params)


@register.inclusion_tag("components/error_summary.html")
def errors(form: BaseForm, title: str = "") -> dict[str, Any]:
    """Return the error summary of a form: every fault with a link to its field; empty when there is none."""
    links = [
        (f"#{first_id(form[name])}", summary_words(form[name], str(error)))
        for name in form.fields
        for error in form.errors.get(name, ())
    ]
    links = [("", str(error)) for error in form.non_field_errors()] + links
    return {"links": links, "title": title or f"Nothing is lost. {counted(len(links))} to put right"}


def counted(number: int) -> str:
    """Return "One thing" … "Six things", then figures."""
    return COUNTED[number] if number < len(COUNTED) else f"{number} things"


@register.filter
def choices(bound: BoundField) -> list[dict[str, Any]]:
    """Return id, value, text and checked of every choice of a radio field, without the empty one."""
    chosen: list[dict[str, Any]] = macro_for(bound)[1]["items"]
    return chosen


@register.filter
def fault(bound: BoundField) -> str:
    """Return the first fault of a field in words, or nothing."""
    return fault_words(bound, str(bound.errors[0])) if bound.errors else ""


@register.filter
def nhs_number(value: str | None) -> str:
    """Return an NHS number as 3-3-4 with no-break spaces; anything else unchanged; none as an empty string."""
    digits = (value or "").replace(" ", "")
    if len(digits) != 10 or not digits.isdigit():
        return value or ""
    return f"{digits[:3]}\u00a0{digits[3:6]}\u00a0{digits[6:]}"


def local(value: datetime.datetime) -> datetime.datetime:
    """Return an aware instant as London wall time."""
    return value.astimezone(LONDON)


@register.filter
def clock_time(value: datetime.datetime | None) -> str:
    """Return "14:32", London wall time."""
    return f"{local(value):%H:%M}" if value else ""


@register.filter
def zoned_time(value: datetime.datetime | None) -> str:
    """Return "14:32 BST", for times that could be misread."""
    return f"{local(value):%H:%M %Z}" if value else ""


@register.filter
def short_day(value: datetime.date | None) -> str:
    """Return "Thu 17 Sep" for a date, or for an instant as seen in London."""
    if value is None:
        return ""
    day = local(value) if isinstance(value, datetime.datetime) else value
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


@register.filter
def long_day(value: datetime.date | None) -> str:
    """Return "Thu 17 Sep 2026"."""
    if value is None:
        return ""
    day = local(value) if isinstance(value, datetime.datetime) else value
    return f"{short_day(value)} {day.year}"


@register.filter
def day_and_time(value: datetime.datetime | None) -> str:
    """Return "Thu 17 Sep, 14:32 BST"."""
    return f"{short_day(value)}, {zoned_time(value)}" if value else ""


@register.filter
def tel(value: str | None) -> str:
    """Return the digits of a telephone number, for a tel: link."""
    return "".join(mark for mark in value or "" if mark.isdigit() or mark == "+")


@register.filter
def phone(value: str | None) -> str:
    """Return a telephone number that never breaks across lines."""
    return (value or "").replace(" ", "\u00a0")


@register.filter
def role(code: str) -> str:
    """Return what a role is called on screen."""
    return role_words(code)


@register.filter
def duty(code: str) -> str:
    """Return what a duty is called on screen."""
    return sentence(DUTY_WORDS[Duty(code)])
