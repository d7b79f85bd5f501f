"""A person's record: the page, a short form for each part, what is still to ask, what changed, the key safe."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.request import actor_of, read_number
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import NotFound
from referrals import commands, presenters, queries
from referrals.commands.record import permission_of
from referrals.domain.circle import REVIEWS
from referrals.domain.sections import BY_ROW_KIND, BY_SECTION, PARTS, ROW_KINDS, SECTIONS, RowKind, Section
from referrals.forms import KeySafeForm, RecordForm, StrikeForm, shown_values
from referrals.models import Death
from referrals.views.heads import head_of
from referrals.views.serving import ActPage, Shown, is_part, serve

NOT_KEPT = frozenset({"csrfmiddlewaretoken", "version", "throw"})
REVIEW_CHOICES = [(code, words) for code, words, _ in REVIEWS]
TITLES = {shape.code: shape.title for shape in PARTS}


def url_of(pk: UUID, part: str = "") -> str:
    """Return the address of a record, at one of its parts."""
    return reverse("referrals:person", args=[pk]) + (f"#{part}" if part else "")


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the record whole: what is known, what is still to ask, whom we may talk to."""
    by, at = actor_of(request), now()
    record = queries.open_record(by, pk)
    if record.person.erased_at is not None:
        return render(request, "referrals/erased.html", {"section": "find", "person": record.person})
    return render(request, "referrals/record.html", {"section": "find", **_whole(by, record, at)})


def _whole(by: Actor, record: queries.Record, at: Any) -> dict[str, Any]:
    needs, items = queries.needs_of(record.person), queries.to_ask(record)
    return {
        "person": record.person,
        "head": presenters.record_head(record.person, at),
        "needs": presenters.flags(needs),
        "warnings": [*presenters.visit_warnings(needs), *_told_warnings(record)],
        "sections": [_section(record, shape, at) for shape in SECTIONS],
        "kinds": [_kind(by, record, shape, at) for shape in ROW_KINDS],
        "talk": presenters.talk_rows(needs.circle),
        "told": presenters.told_rows(record.told, record.person, at),
        "to_ask": len(items),
        "has_key_code": record.has_key_code,
        "may_edit": by.may(Permission.PERSON_EDIT),
        "death": Death.objects.filter(person=record.person, error_at=None).first(),
        "may_record_death": by.may(Permission.DEATH_RECORD),
        "may_disclose": by.may(Permission.PERSON_DISCLOSE),
        "may_retain": by.may(Permission.RECORD_RETAIN),
        "may_erase": by.may(Permission.RECORD_ERASE),
        "may_audit": by.may(Permission.AUDIT_READ),
        "may_restrict": by.may(Permission.PERSON_RESTRICT),
        "call_id": uuid4() if by.may(Permission.REFERRAL_REGISTER) and by.may(Permission.REFERRAL_CHASE) else None,
        "may_see_code": by.may(Permission.PERSON_KEY_SAFE),
        "review_choices": REVIEW_CHOICES,
        "cases": [presenters.referral_link(each, at) for each in queries.referrals_of(by, record.person)],
    }


def _told_warnings(record: queries.Record) -> list[str]:
    words = queries.place_lists(BY_ROW_KIND["visit_warnings"].fields)["kind"]
    return [words.get(code, code) for code in record.person.warnings]


def _section(record: queries.Record, shape: Section, at: Any) -> dict[str, Any]:
    return presenters.section_words(shape, record.sections[shape.code], queries.place_lists(shape.fields), at)


def _kind(by: Actor, record: queries.Record, shape: RowKind, at: Any) -> dict[str, Any]:
    lists = queries.place_lists(shape.fields)
    rows = [presenters.row_words(shape, row, lists, at) for row in record.rows[shape.code]]
    return {
        "shape": shape,
        "rows": [row for row in rows if not row["ended"]],
        "past": [row for row in rows if row["ended"]],
        "may_edit": by.may(permission_of(shape)),
    }


# Forms of one part ---------------------------------------------------------------------------------------------


def _shown(by: Actor, pk: UUID, part: str, version: int, code: str, changed: Any = None) -> Shown:
    found = queries.open_person(by, pk)
    draft = queries.draft_of(by, draft_name(pk, part))
    late = draft is not None and changed is not None and changed > draft.started_at
    context = {
        "section": "find",
        "head_template": "referrals/record_head.html",
        **head_of(found),
        "draft": draft,
        "draft_late": late,
        "draft_url": reverse("referrals:person_draft", args=[pk, part]),
    }
    return Shown(url_of(pk, code), version, context)


def _refuse_unknown(part: str) -> None:
    """Raise NotFound for what is no section, kind of row, or row of a kind: "allergies", "related", "related-12"."""
    kind, dash, row_id = part.partition("-")
    a_row = kind in BY_ROW_KIND and row_id.isdecimal() and len(row_id) < 19
    if not (a_row if dash else part in BY_SECTION or part in BY_ROW_KIND):
        raise NotFound


def draft_name(pk: UUID, part: str) -> str:
    """Return under which name what is typed is kept."""
    return f"person:{pk}:{part}"


def _options(shape: Section | RowKind, part: str, held: Callable[[Actor, UUID], Any]) -> Any:
    def fill(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
        lists, pk = queries.place_lists(shape.fields), request.resolver_match.kwargs["pk"]  # type: ignore[union-attr]
        options: dict[str, Any] = {"shape": shape, "lists": lists}
        draft = shown.context["draft"]
        if draft is not None:
            return options | {"initial": RecordForm(now=now(), by=by, **options).from_draft(draft.typed)}
        row = held(by, pk)
        return options | ({"initial": shown_values(shape, queries.values_of(shape, row))} if row is not None else {})

    return fill


def _page(
    part: str, shape: Section | RowKind, look: Any, run: Any, held: Any, *, title: str, permission: Permission
) -> ActPage:
    def done_with_draft(by: Actor, pk: UUID, form: Any) -> object:
        result = run(by, pk, form)
        commands.drop_draft(by=by, form=draft_name(pk, part))
        return result

    return ActPage(
        verb=part,
        words="Save",
        title=title,
        way_out="Leave it as it is",
        permission=permission,
        template="referrals/record_fields.html",
        form=RecordForm,
        look=look,
        run=done_with_draft,
        done=lambda _: f"{title}: saved.",
        options=_options(shape, part, held),
    )


@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, pk: UUID, code: str) -> HttpResponse:
    """Change one section, or show its form."""
    require(actor_of(request), Permission.PERSON_EDIT)
    shape = BY_SECTION.get(code)
    if shape is None:
        raise NotFound
    return serve(request, _section_page(shape), pk)


def _section_page(shape: Section) -> ActPage:
    def held(by: Actor, pk: UUID) -> Any:
        return queries.section_row(shape, queries.get_person(by, pk))

    def look(by: Actor, pk: UUID) -> Shown:
        row = held(by, pk)
        return _shown(by, pk, shape.code, row.version, shape.code, row.changed_at)

    def run(by: Actor, pk: UUID, form: Any) -> Any:
        values = form.values()
        return commands.change_section(by=by, person_id=pk, section=shape.code, values=values, version=form.seen)

    return _page(shape.code, shape, look, run, held, title=shape.title, permission=Permission.PERSON_EDIT)


@require_http_methods(["GET", "POST"])
def row(request: HttpRequest, pk: UUID, kind: str, row_id: int = 0) -> HttpResponse:
    """Add a row of a kind, or change one."""
    by = actor_of(request)
    require(by, Permission.PERSON_EDIT)
    shape = BY_ROW_KIND.get(kind)
    if shape is None:
        raise NotFound
    return serve(request, _row_page(shape, row_id), pk)


def _row_page(shape: RowKind, row_id: int) -> ActPage:
    part = f"{shape.code}-{row_id}" if row_id else shape.code

    def held(by: Actor, pk: UUID) -> Any:
        return queries.row_of(by, shape, pk, row_id) if row_id else None

    def look(by: Actor, pk: UUID) -> Shown:
        row = held(by, pk)
        if row_id and (row is None or row.ended_at is not None or shape.kept):
            raise NotFound
        version, changed = (row.version, row.changed_at) if row else (0, None)
        return _shown(by, pk, part, version, shape.code, changed)

    def run(by: Actor, pk: UUID, form: Any) -> Any:
        told: dict[str, Any] = {"by": by, "person_id": pk, "kind": shape.code, "values": form.values()}
        if row_id:
            return commands.change_row(**told, row_id=row_id, version=form.seen)
        return commands.add_row(**told)

    title = shape.noun if row_id else f"Add: {_lower(shape.noun)}"
    return _page(part, shape, look, run, held, title=title, permission=permission_of(shape))


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


@require_POST
def draft(request: HttpRequest, pk: UUID, part: str) -> HttpResponse:
    """Keep what is typed, or throw it away."""
    by, name = actor_of(request), draft_name(pk, part)
    require(by, Permission.PERSON_EDIT)
    queries.get_person(by, pk)
    _refuse_unknown(part)
    if "throw" in request.POST:
        commands.drop_draft(by=by, form=name)
        return HttpResponseRedirect(url_of(pk))
    typed = {key: [str(value) for value in values] for key, values in request.POST.lists() if key not in NOT_KEPT}
    kept = commands.keep_draft(by=by, form=name, typed=typed)
    return render(request, "referrals/draft_part.html", {"draft": kept})


@require_POST
def end(request: HttpRequest, pk: UUID, kind: str, row_id: int) -> HttpResponse:
    """Say that a row is no longer so."""
    by = actor_of(request)
    require(by, Permission.PERSON_EDIT)
    commands.end_row(by=by, person_id=pk, kind=kind, row_id=row_id)
    messages.success(request, "No longer so, from now on. It stays in the history.")
    return HttpResponseRedirect(url_of(pk, kind))


@require_POST
def review(request: HttpRequest, pk: UUID, row_id: int) -> HttpResponse:
    """Say that a warning still holds, and when to look at it again."""
    again, version = request.POST.get("review", ""), read_number(request, "version")
    warning = commands.review_warning(by=actor_of(request), person_id=pk, row_id=row_id, review=again, version=version)
    messages.success(request, f"Looked at. Next by {presenters.day_words(warning.review_on)}.")
    return HttpResponseRedirect(url_of(pk, "visit_warnings"))


@require_http_methods(["GET", "POST"])
def strike(request: HttpRequest, pk: UUID, kind: str, row_id: int) -> HttpResponse:
    """Strike a row out as an error, with the reason."""
    require(actor_of(request), Permission.PERSON_EDIT)
    shape = BY_ROW_KIND.get(kind)
    if shape is None:
        raise NotFound
    return serve(request, _strike_page(shape, row_id), pk)


def _strike_page(shape: RowKind, row_id: int) -> ActPage:
    def look(by: Actor, pk: UUID) -> Shown:
        row = queries.row_of(by, shape, pk, row_id)
        if row is None:
            raise NotFound
        return _shown(by, pk, f"strike-{shape.code}-{row_id}", row.version, shape.code)

    def run(by: Actor, pk: UUID, form: Any) -> Any:
        told: dict[str, Any] = {"kind": shape.code, "row_id": row_id, "version": form.seen}
        return commands.strike_row(by=by, person_id=pk, **told, **form.values())

    return ActPage(
        verb="strike",
        words="Strike it out",
        title=f"Entered in error: {_lower(shape.noun)}",
        permission=permission_of(shape),
        template="referrals/strike.html",
        form=StrikeForm,
        look=look,
        run=run,
        done=lambda _: "Struck out. It stays in the history, and is in no list or letter.",
        warning=True,
    )


@require_POST
def told(request: HttpRequest, pk: UUID, difference: int) -> HttpResponse:
    """Take over what was told differently, or leave the record as it is."""
    by, answer = actor_of(request), request.POST.get("answer", "")
    done = commands.answer_told(by=by, person_id=pk, difference_id=difference, answer=answer)
    messages.success(request, "Taken over into the record." if done.answer == "taken" else "The record stays as it is.")
    return HttpResponseRedirect(url_of(pk))


@require_safe
def to_ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List what nobody has asked yet, each with the form where it is written."""
    record = queries.open_record(actor_of(request), pk)
    items = queries.to_ask(record)
    context = {
        "section": "find",
        **head_of(record.person),
        "groups": presenters.grouped(items, TITLES),
        "rows_of": tuple(BY_ROW_KIND),
        "count": len(items),
        "may_edit": actor_of(request).may(Permission.PERSON_EDIT),
    }
    return render(request, "referrals/to_ask.html", context)


@require_safe
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what changed, by whom and when, newest first."""
    record = queries.open_record(actor_of(request), pk)
    versions = queries.changes_of(record.person)
    lists = {shape.code: queries.place_lists(shape.fields) for shape in PARTS}
    changes = presenters.changes(versions, queries.names_of(each.actor_id for each in versions), lists)
    context = {"section": "find", **head_of(record.person), "days": presenters.change_rows(changes)}
    return render(request, "referrals/record_history.html", context)


@never_cache
@require_POST
def key_safe(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the code of the key safe, once; that it was shown is logged."""
    by = actor_of(request)
    codes = commands.reveal_key_safe_code(by=by, person_id=pk)
    found = queries.get_person(by, pk)
    context = {"section": "find", "codes": codes, **head_of(found)}
    return render(request, "referrals/key_safe_part.html" if is_part(request) else "referrals/key_safe.html", context)


@require_http_methods(["GET", "POST"])
def set_key_safe(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write the code of the key safe, or take it away."""
    return serve(request, KEY_SAFE, pk)


def _look_at_key_safe(by: Actor, pk: UUID) -> Shown:
    return _shown(by, pk, "key-safe", queries.key_safe_version(by, pk), "going_there")


def _set_key_safe(by: Actor, pk: UUID, form: Any) -> Any:
    return commands.set_key_safe_code(by=by, person_id=pk, version=form.seen, **form.values())


KEY_SAFE = ActPage(
    verb="key_safe",
    words="Save",
    title="Key-safe code",
    way_out="Leave it as it is",
    permission=Permission.PERSON_KEY_SAFE,
    template="referrals/key_safe_fields.html",
    form=KeySafeForm,
    look=_look_at_key_safe,
    run=_set_key_safe,
    done=lambda row: "Key-safe code saved." if row else "There is no key-safe code on the record any more.",
)
