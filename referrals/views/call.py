"""Take a call: the screen with what stands beside it, and the draft kept as it is typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.queries import code_lists
from accounts.request import actor_of
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from referrals import commands, presenters, queries
from referrals.domain import Urgency
from referrals.domain.typed import is_uuid
from referrals.forms import CallForm, EnquiryForm
from referrals.models import Draft, Person, Referral
from referrals.views.drafts import ACTS, acts_begun, drop, half_written, keep, tells_code
from referrals.views.drafts import chosen as chosen_draft
from referrals.views.enquiries import record
from timelimits.presenters import ClockWords, clock_words

CALL = "call"
IS_THEM, ENQUIRY_ONLY = "is_them", "enquiry_only"
RED_FLAG = "A red flag is answered with yes. Send it to triage, or answer the red flags anew."
GONE = "The enquiry or person this began from is not there, or not yours. Throw this away, then take the call anew."


@dataclass(frozen=True)
class Side:
    """The clock, what to say, whether 999 comes first."""

    clocks: tuple[ClockWords, ...]
    received: str
    ring_back_by: str
    planned: bool
    undecided: bool
    danger: bool


def side(form: CallForm) -> Side:
    """Return what stands beside the form while it is typed. Until it is said how soon, the two hours are shown."""
    at, received = form.now, form.received_so_far()
    urgency = Urgency.PLANNED if form["urgency"].value() == Urgency.PLANNED else Urgency.CRISIS
    limits = queries.limits_ahead(urgency, received)
    words = [
        clock_words(
            limit.due_at, at, label=f"{limit.label}{presenters.by_time(limit.due_at, at)}", soon_at=limit.soon_at
        )
        for limit in limits
    ]
    return Side(
        clocks=tuple(words),
        received=presenters.wall_clock(received, at),
        ring_back_by=presenters.ring_back_by(limits[0].due_at, at) if limits else "",
        planned=urgency == Urgency.PLANNED,
        undecided=not form["urgency"].value(),
        danger=form.flag_raised(),
    )


def call_page(
    request: HttpRequest, form: CallForm, *, draft: Draft | None = None, status: int = 200, **beside: Any
) -> HttpResponse:
    """Show the screen with what was typed and what is beside it.

    Beside it: `halves`, other calls that are half written; `matches`, whom it could be about; `known`, those it is very
    likely about: the form asks once whether it is one of them.
    """
    context = {"section": "board", "form": form, "draft": draft, "side": side(form), **beside}
    context |= {"back": draft is not None and request.method == "GET" and "carry" not in request.GET}
    return render(request, "referrals/register.html", context | _known(actor_of(request), form), status=status)


def _known(by: Actor, form: CallForm) -> dict[str, Any]:
    """Return the lists to choose from, and the person that is chosen."""
    lists = code_lists("gp_practices", "hospitals", "warnings")
    may_enquire = by.may(Permission.ENQUIRY_RECORD) and not form["enquiry_id"].value()
    chosen, follows = form.chosen_person, str(form["follows_id"].value() or "")
    again = Referral.objects.filter(pk=follows, person_id=chosen) if chosen and is_uuid(follows) else None
    return {
        "may_enquire": may_enquire,
        "again": again.values_list("reference", flat=True).first() if again is not None else "",
        "chosen": _chosen(by, form.chosen_person, form.now, lists["warnings"]),
        "gp_practices": lists["gp_practices"],
        "hospitals": lists["hospitals"],
    }


def _chosen(by: Actor, person_id: UUID | None, at: datetime, known: Any) -> dict[str, Any] | None:
    if person_id is None:
        return None
    try:
        person = queries.open_person(by, person_id)
    except NotFound:
        return None
    needs = queries.needs_of(person)
    return {
        "line": presenters.person_line(person, at),
        "nhs_number": person.nhs_number,
        "home": presenters.home_of(person),
        "warnings": [*presenters.person_warnings(person, known), *presenters.visit_warnings(needs)],
        "needs": presenters.flags(needs),
        "open": [_open_one(row, at) for row in queries.open_referrals(by, [person.pk]).get(person.pk, ())],
    }


def _open_one(row: Referral, at: datetime) -> dict[str, str]:
    received = presenters.wall_clock(row.received_at, at)
    return {
        "url": presenters.url_of(row),
        "reference": row.reference,
        "stage": presenters.stage_of(row),
        "at": received,
    }


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Take a referral by telephone on one screen (R032), or send it to triage."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_REGISTER)
    if request.method == "GET":
        return _begin(request, by)
    form = CallForm(_answered(request.POST), now=now())
    if ENQUIRY_ONLY in request.POST:
        return _as_enquiry(request, by, form)
    known, referral = _sent(by, form)
    if referral is None:
        return call_page(request, form, draft=keep(request, CALL), status=422, known=known)
    drop(request, CALL)
    messages.success(request, _said(by, referral))
    return HttpResponseRedirect(reverse("casework:board" if by.may(Permission.BOARD_READ) else "home"))


def _as_enquiry(request: HttpRequest, by: Actor, form: CallForm) -> HttpResponse:
    """Write the call down as an enquiry; it can be made a referral later, with the time of this call."""
    enquiry = EnquiryForm(form.as_enquiry(), now=form.now)
    if form.flag_raised():
        enquiry.add_error(None, RED_FLAG)
    made = record(by, enquiry)
    if made is None:
        form.not_an_enquiry(enquiry.errors)
        return call_page(request, form, draft=keep(request, CALL), status=422)
    drop(request, CALL)
    messages.success(request, "Written down as an enquiry. It is under Enquiries, and can be made a referral.")
    return HttpResponseRedirect(reverse("referrals:enquiry", args=[made.pk]))


def _begin(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the call asked for as it was left; else a new one, begun from an earlier referral or an enquiry, and beside
    it every call that is half written. Referrers write.
    """
    if not by.may(Permission.REFERRAL_CHASE) and by.may(Permission.REFERRAL_FOLLOW):
        return HttpResponseRedirect(reverse("referrals:refer"))
    begun, halves = begun_from(by, request.GET), half_written(by, CALL, reverse("referrals:register"))
    same = (half["draft"] for half in halves if begun and _is_of(half["draft"], begun))
    draft = chosen_draft(request, halves) or next(same, None)
    others = [half for half in halves if half["draft"] != draft]
    form = _as_left(draft) if draft is not None else CallForm(now=now(), initial=begun)
    return call_page(request, form, draft=draft, halves=others, begun=acts_begun(by, ACTS))


def _is_of(draft: Draft, begun: Mapping[str, Any]) -> bool:
    """Say whether what lies there half done is the very call that is asked for."""
    key = "follows_id" if "follows_id" in begun else "enquiry_id"
    return bool(draft.typed.get(key) == [str(begun[key])])


def begun_from(by: Actor, told: QueryDict) -> dict[str, Any]:
    """Return what is known already: whom an earlier referral was about (R194), or what was asked in an enquiry."""
    again, enquiry = told.get("again", ""), told.get("enquiry", "")
    if is_uuid(again):
        before = queries.get(by, UUID(again))
        return {"person_id": before.person_id, "follows_id": before.pk}
    if is_uuid(enquiry):
        asked = queries.get_enquiry(by, UUID(enquiry))
        return {
            "enquiry_id": asked.pk,
            "ring_back": asked.phone,
            "caller_name": asked.caller_name,
            "source": asked.source_kind,
            "summary": asked.asked,
            "received": presenters.as_typed(asked.received_at, now()),
        }
    return {}


def _as_left(draft: Draft) -> CallForm:
    return CallForm.as_left(draft.typed, draft.started_at, now())


def _sent(by: Actor, form: CallForm) -> tuple[list[dict[str, Any]], Referral | None]:
    """Send it: return who must be asked about first, or the referral, or neither where something is wrong."""
    known = _known_already(by, form)
    return known, None if known else _registered(by, form)


def _registered(by: Actor, form: CallForm) -> Referral | None:
    if not form.is_valid():
        return None
    told, chosen = form.cleaned_data, form.chosen_person
    try:
        referral = commands.register_referral(
            by=by,
            details=form.details(),
            person=form.person(),
            person_id=chosen,
            form_id=told["form_id"],
            follows_id=told["follows_id"] if chosen else None,
            enquiry_id=told["enquiry_id"],
            key_safe_code=told["key_safe_code"],
            somebody_else=told["someone_else"],
        )
    except NotFound:
        if told["enquiry_id"] is None:
            raise
        form.add_error(None, GONE)
        return None
    except (RuleBroken, IllegalMove) as refusal:
        if not form.refuse(refusal):
            form.add_error(None, refusal.message)
        return None
    return referral


def _answered(typed: QueryDict) -> QueryDict:
    """Return what was typed, with the person chosen when "Is this…?" was answered with yes."""
    answer = typed.get(IS_THEM, "")
    if not is_uuid(answer):
        return typed
    told = typed.copy()
    told["person_id"] = answer
    return told


def _known_already(by: Actor, form: CallForm) -> list[dict[str, Any]]:
    """Return those it is very likely about, to be asked once before a second record is made; nobody when it was sent.

    The time it was received stands meanwhile.
    """
    if not form.is_valid() or not form.asks_who():
        return []
    form_id = form.cleaned_data["form_id"]
    if form_id is not None and queries.sent_already(by, form_id)[0] is not None:
        return []
    found = queries.known_already(by, form.told_of_person())
    form.received_stands()
    opened = queries.open_referrals(by, [person.pk for person in found])
    return [_as_known(person, opened.get(person.pk, ()), form.now) for person in found]


def _as_known(person: Person, opened: Sequence[Referral], at: datetime) -> dict[str, Any]:
    return {
        "pk": person.pk,
        "line": presenters.person_line(person, at),
        "nhs_number": person.nhs_number,
        "home": presenters.home_of(person),
        "open": [_open_one(row, at) for row in opened],
    }


def _said(by: Actor, referral: Referral) -> str:
    limits = queries.limits_ahead(referral.urgency, referral.received_at)
    words = presenters.sent_words(referral, presenters.ring_back_by(limits[0].due_at, now()))
    if not by.may(Permission.BOARD_READ):
        return words
    return format_html('{} <a href="{}">Open {}</a>', words, presenters.url_of(referral), referral.reference)


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is typed; choose a person or undo that; or throw all of it away."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_REGISTER)
    if "throw" in request.POST:
        drop(request, CALL)
        return HttpResponseRedirect(reverse("referrals:register"))
    kept = keep(request, CALL)
    if "choose" in request.POST or "undo" in request.POST:
        return HttpResponseRedirect(f"{reverse('referrals:register')}?draft={kept.pk}&carry=on#step-2")
    context = {"draft": kept, "side": side(CallForm(request.POST, now=now())), "swap": True}
    return render(request, "referrals/draft_part.html", context | {"tells_code": tells_code(request)})


@require_POST
def clock(request: HttpRequest) -> HttpResponse:
    """Return the clock beside the form anew; keeps nothing."""
    require(actor_of(request), Permission.REFERRAL_REGISTER)
    return render(request, "referrals/call_side.html", {"side": side(CallForm(request.POST, now=now()))})
