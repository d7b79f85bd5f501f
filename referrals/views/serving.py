"""How every act is shown, tried and answered: a page of its own, or a part of the panel when htmx asks.

A refusal never loses what was typed: it goes to its field, or above the form with what to do next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django_htmx.http import HttpResponseClientRedirect

from accounts.request import actor_of, asked
from audit.commands import now, once, require
from audit.domain import Actor, sending
from audit.queries import was_sent
from audit.refusals import IllegalMove, NotFound, NotPermitted, Refusal, Stale
from referrals import commands, queries
from referrals.domain.typed import is_uuid
from referrals.forms.fields import VersionedForm
from referrals.models import Draft

UNFIT = 422
CHOOSE = "choose_"
KEEP, THROW = "keep", "throw"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", KEEP, THROW})
FORM_ID = "form_id"
SENT_BEFORE = "You sent this before. It is kept once."


@dataclass(frozen=True)
class Shown:
    """What an act is done on: where its own page is, its version now, and the words above the form.

    `closed` says why it can not be done any more, by whom and since when. Empty while it can.
    """

    url: str
    version: int
    context: Mapping[str, Any] = field(default_factory=dict)
    closed: str = ""


def no_options(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Give the form nothing more than the time and the actor."""
    return {}


def no_context(form: Any) -> dict[str, Any]:
    """Show nothing more than what it is done on."""
    return {}


@dataclass(frozen=True)
class ActPage:
    """One act as a page. `look` finds what it is done on, in scope; `run` calls the command; `done` says what happened.

    `template` holds the fields only: the same in a page and in a part of a page. `keeps`: what is typed is kept on the
    server as it is typed, until it is done or thrown away. `makes`: each form, shown anew, makes a row of its own; the
    same form sent again, however late, is answered as the first time and makes nothing.
    """

    verb: str
    words: str
    permission: str
    template: str
    form: type[VersionedForm]
    look: Callable[[Actor, UUID], Shown]
    run: Callable[[Actor, UUID, Any], object]
    done: Callable[[Any], str]
    options: Callable[[HttpRequest, Shown, Actor], dict[str, Any]] = no_options
    context: Callable[[Any], dict[str, Any]] = no_context
    warning: bool = False
    title: str = ""
    button: str = ""
    way_out: str = "Do not do this"
    keeps: bool = False
    makes: bool = False

    def draft_name(self, pk: UUID) -> str:
        """Return under which name what is typed is kept."""
        return f"{self.verb}:{pk}"


@dataclass(frozen=True)
class Tried:
    """What became of a form: done, or refused, or neither, when it was not fit.

    `result` is what the command returned; None when this very form was done before.
    """

    done: bool = False
    result: Any = None
    refusal: Refusal | None = None


def tried(form: forms.Form, run: Callable[[], object]) -> Tried:
    """Do it when the form was sent and is fit. Raises NotPermitted and NotFound; other refusals are told."""
    if not (form.is_bound and form.is_valid()):
        return Tried()
    try:
        return Tried(done=True, result=run())
    except (NotPermitted, NotFound):
        raise
    except Refusal as refusal:
        return Tried(refusal=refusal)


def status_of(form: forms.Form, refusal: Refusal | None = None) -> int:
    """Return the status of a page that shows a form once more: the refusal's, 422 for what was not fit, else 200."""
    return refusal.status if refusal else UNFIT if form.is_bound else 200


def serve(request: HttpRequest, page: ActPage, pk: UUID) -> HttpResponse:
    """Show the act, or do it. Raises NotPermitted and NotFound; other refusals are shown with what was typed."""
    by = actor_of(request)
    require(by, page.permission)
    shown = page.look(by, pk)
    if page.keeps and not {KEEP, THROW}.isdisjoint(request.POST):
        return _kept(request, page, shown, by, pk)
    form, shown = _opened(request, page, shown, by, pk)
    found = _tried(request, page, form, by, pk)
    if found.done:
        return _finished(request, shown.url, SENT_BEFORE if found.result is None else page.done(found.result))
    if found.refusal:
        form.refuse(found.refusal)
        shown = page.look(by, pk)
    return _answer(request, page, shown, form, found.refusal or _closed(shown))


def _opened(request: HttpRequest, page: ActPage, shown: Shown, by: Actor, pk: UUID) -> tuple[VersionedForm, Shown]:
    """Return the form, filled with what was typed into it before and not sent, and what it is done on."""
    kept = page.keeps and request.method == "GET" and not shown.closed
    draft = queries.draft_of(by, page.draft_name(pk)) if kept else None
    if draft is not None:
        late = draft.typed.get("version") != [str(shown.version)]
        shown = replace(shown, context={**shown.context, "draft": draft, "draft_late": late})
    form = page.form(_bound(request), now=now(), by=by, **page.options(request, shown, by))
    if not form.is_bound:
        form.keep(MultiValueDict(draft.typed) if draft else request.POST)
    return form, shown


def _kept(request: HttpRequest, page: ActPage, shown: Shown, by: Actor, pk: UUID) -> HttpResponse:
    """Keep what is typed into an act, or throw it away. What comes late, while or after it is done, is no new draft."""
    name = page.draft_name(pk)
    if THROW in request.POST:
        commands.drop_draft(by=by, form=name)
        return HttpResponseRedirect(request.path)
    late = shown.closed or request.POST.get("version", "") != str(shown.version)
    if late and queries.draft_of(by, name) is None:
        return HttpResponse()
    draft = _keep(request, by, name)
    if page.look(by, pk).version != shown.version:  # it was done meanwhile, and may have dropped the draft before this
        commands.drop_draft(by=by, form=name)
        return HttpResponse()
    return render(request, "referrals/draft_part.html", {"draft": draft})


def _keep(request: HttpRequest, by: Actor, name: str) -> Draft:
    typed = {key: values for key, values in request.POST.lists() if key not in NOT_KEPT}
    return commands.keep_draft(by=by, form=name, typed=typed)


def _tried(request: HttpRequest, page: ActPage, form: VersionedForm, by: Actor, pk: UUID) -> Tried:
    """Do it. What was kept is dropped once it is done or can never be; while something is to be put right it stays."""
    sent_id = _sent_id(request, page, by)
    if sent_id is not None and was_sent(sent_id):
        return Tried(done=True)
    found = tried(form, lambda: _run(page, form, by, pk, sent_id))
    if page.keeps and form.is_bound:
        if found.done or isinstance(found.refusal, IllegalMove):
            commands.drop_draft(by=by, form=page.draft_name(pk))
        else:
            _keep(request, by, page.draft_name(pk))
    return found


def _run(page: ActPage, form: VersionedForm, by: Actor, pk: UUID, sent_id: UUID | None) -> object:
    """Do it; None when this very form, sent at the same time, has done it."""
    if sent_id is None:
        return page.run(by, pk, form)
    return once(by=by, sent_id=sent_id, act=lambda: page.run(by, pk, form))


def _sent_id(request: HttpRequest, page: ActPage, by: Actor) -> UUID | None:
    """Return the name of this sending of a form that makes a row: with other words it is another one."""
    if not page.makes or not is_uuid(request.POST.get(FORM_ID, "")):
        return None
    told = sorted((name, values) for name, values in request.POST.lists() if name not in NOT_KEPT)
    return sending(by.id, request.path, told)


def _form_id(request: HttpRequest) -> str:
    """Return the id of the form that comes again, or a new one."""
    told = request.POST.get(FORM_ID, "")
    return told if is_uuid(told) else str(uuid4())


def _bound(request: HttpRequest) -> QueryDict | None:
    """Return what was sent; nothing where a button asks for the same form with something else to choose from."""
    return None if any(name.startswith(CHOOSE) for name in request.POST) else sent(request)


def sent(request: HttpRequest) -> QueryDict | None:
    """Return what a form holds: the fields that were posted, or nothing yet."""
    return request.POST if request.method == "POST" else None


def _closed(shown: Shown) -> Refusal | None:
    return IllegalMove("closed", f"This can’t be done because {shown.closed}.") if shown.closed else None


def _answer(
    request: HttpRequest, page: ActPage, shown: Shown, form: VersionedForm, refusal: Refusal | None
) -> HttpResponse:
    part = is_part(request)
    context = {**_around(page, shown, form, refusal), "part": part}
    if page.makes:
        context[FORM_ID] = _form_id(request)
    template = "referrals/act_part.html" if part else "referrals/act_page.html"
    return render(request, template, context, status=status_of(form, refusal))


def _around(page: ActPage, shown: Shown, form: VersionedForm, refusal: Refusal | None) -> dict[str, Any]:
    above = refusal if shown.closed or not form.errors else None
    return {
        "section": "board",
        **shown.context,
        **page.context(form),
        "page": page,
        "form": form,
        "refusal": above,
        "stale": isinstance(above, Stale),
        "final": isinstance(above, IllegalMove),
        "left_over": left_over(form, _typed(shown, form), isinstance(above, IllegalMove)),
        "version": shown.version,
        "subject_url": shown.url,
    }


def _typed(shown: Shown, form: VersionedForm) -> Mapping[str, Any]:
    """Return what was sent, else what was kept of it."""
    draft = shown.context.get("draft")
    return form.data if form.is_bound else MultiValueDict(draft.typed if draft else {})


def left_over(form: forms.Form, typed: Mapping[str, Any], final: bool) -> list[tuple[str, str]]:
    """Return what was typed where no field stands any more, each with its label: nothing typed is lost."""
    return [
        (str(field.label), str(typed[name]))
        for name, field in {**form.base_fields, **form.fields}.items()
        if isinstance(field, forms.CharField)
        and not field.widget.is_hidden
        and (final or name not in form.fields)
        and str(typed.get(name, "")).strip()
    ]


def is_part(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of the page that is open, not for a page."""
    htmx = asked(request).htmx
    return bool(htmx) and not htmx.boosted


def _finished(request: HttpRequest, url: str, words: str) -> HttpResponse:
    messages.success(request, words)
    if is_part(request):
        return HttpResponseClientRedirect(here(request) or url)
    return HttpResponseRedirect(url)


def here(request: HttpRequest) -> str:
    """Return the address of the page that htmx acts in, path and query only; nothing when it is not one of ours."""
    found = urlsplit(asked(request).htmx.current_url_abs_path or "")
    here = f"/{found.path.lstrip('/')}" if found.path else ""  # "//elsewhere/" is an address of another site
    return f"{here}?{found.query}" if found.query else here
