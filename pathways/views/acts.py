"""Each act on a referral, an episode or a case as a page: what it is done on, its form, its command, what is said."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.queries import period
from accounts.request import actor_of
from audit.commands import now
from audit.domain import Actor
from pathways import commands, presenters, queries
from pathways.commands.coordinate import ended_words
from pathways.domain import BY_VERB
from pathways.forms import (
    AcceptForm,
    AllocateForm,
    ConfirmForm,
    ContactForm,
    TaskForm,
)
from pathways.models import Contact, Episode, Task
from referrals import domain as front_door
from referrals.domain.circle import Talk
from referrals.forms.fields import VersionedForm
from referrals.presenters import before_the_door, flags, person_line, talk_rows, talk_to
from referrals.queries import Needs, needs_of
from referrals.views.acts import look as look_at_referral
from referrals.views.serving import CHOOSE, ActPage, Shown, serve
from timelimits.presenters import clock_words
from timelimits.queries import running


def asked_id(request: HttpRequest, name: str) -> UUID | None:
    """Return an id that was sent, from the form or the address; None when it is none."""
    return as_id(request.POST.get(f"{CHOOSE}{name}") or request.POST.get(name) or request.GET.get(name) or "")


def as_id(told: str) -> UUID | None:
    """Return the id that a text is; None when it is none."""
    try:
        return UUID(told)
    except ValueError:
        return None


def _offer(request: HttpRequest, shown: Shown, by: Actor) -> queries.Offer:
    typed = shown.context["draft"].typed if shown.context.get("draft") else {}
    team_id = asked_id(request, "team") or as_id((typed.get("team") or [""])[0])
    return queries.offer(by, shown.context["referral"], team_id, now())


def accept_options(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Return who could take the referral."""
    return {"offer": _offer(request, shown, by)}


def accept_context(form: Any) -> dict[str, Any]:
    """Return what accepting would do."""
    return presenters.offer_words(form.offer, form.now)


def accept(by: Actor, pk: UUID, form: Any) -> commands.Accepted:
    """Accept the referral as the form says."""
    return commands.accept_referral(by=by, referral_id=pk, version=form.seen, **form.values())


def accepted_words(done: commands.Accepted) -> str:
    """Return who co-ordinates now, and of which episode."""
    who, episode = done.episode.coordinator.name, done.episode
    if done.closed:
        return f"{done.referral.reference} accepted. If we help them already, it joins what is there."
    if done.joined:
        return f"{done.referral.reference} accepted. It joins {episode.reference}: {who} stays the co-ordinator."
    confirm = "" if episode.coordinator_confirmed else ", to be confirmed in hours"
    return f"{done.referral.reference} accepted. {who} is the co-ordinator{confirm}: {episode.reference}."


def look_at_episode(by: Actor, pk: UUID) -> Shown:
    """Return an episode as the forms show it above themselves."""
    episode, at = queries.get(by, pk), now()
    waiting = list(queries.not_seen_yet(episode))
    clocks = list(running(by, queries.case_ids(episode)))
    words = [clock_words(c.due_at, at, label=c.policy.label, soon_at=c.soon_at, paused_at=c.paused_at) for c in clocks]
    context = {
        "episode": episode,
        "person_line": person_line(episode.person, at),
        **needs_shown(needs_of(episode.person)),
        "clocks": words[:3],
        "first_visit": bool(waiting),
        "head_template": "pathways/act_head.html",
    }
    closed = "" if episode.status == "live" else ended_words(episode)
    return Shown(presenters.case_url(episode.case_id), episode.version, context, closed)


def needs_shown(needs: Needs) -> dict[str, Any]:
    """Return what stands above every act on somebody: needs, warnings and allergies, whom the person said no about."""
    return {"needs": flags(needs), "warnings": before_the_door(needs), "circle": needs.circle}


def look_at_any_episode(by: Actor, pk: UUID) -> Shown:
    """Return an episode for an act that an ended one takes too."""
    shown = look_at_episode(by, pk)
    return Shown(shown.url, shown.version, shown.context)


def allocate_options(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Return who else could be the co-ordinator, of the team asked for or the episode's own."""
    episode: Episode = shown.context["episode"]
    team_id, at = asked_id(request, "team") or episode.team_id, now()
    choices = [
        (str(one.user_id), presenters.candidate_words(one, at))
        for one in queries.candidates(team_id, at)
        if one.user_id != episode.coordinator_id
    ]
    return {"choices": choices, "team_id": team_id}


def allocate_context(form: Any) -> dict[str, Any]:
    """Return the teams to choose from, and how long the one that hands over still sees the case."""
    chosen = form["team"].value()
    chips = [
        {"team": team.pk, "words": team.name, "current": str(team.pk) == str(chosen)} for team in queries.care_teams()
    ]
    return {"team_chips": chips, "sight_hours": period("sight_hours")}


def allocate(by: Actor, pk: UUID, form: Any) -> Episode:
    """Change the co-ordinator."""
    return commands.allocate_episode(by=by, episode_id=pk, version=form.seen, **form.values())


def confirm_coordinator(by: Actor, pk: UUID, form: Any) -> Episode:
    """Confirm the co-ordinator."""
    return commands.confirm_coordinator(by=by, episode_id=pk, version=form.seen)


def contact_options(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Offer the first visit first while it is waited for; a one-tap act says what is being recorded."""
    chosen = {"first_visit": shown.context["first_visit"], "visit": request.GET.get("visit", "")}
    return chosen | {"circle": shown.context["circle"]}


def contact_context(form: Any) -> dict[str, Any]:
    """Return whom we may talk to."""
    return {"talk": talk_rows(form.circle)}


def contact(by: Actor, pk: UUID, form: Any) -> tuple[Contact, bool]:
    """Record a contact with, or about, the person; say whether it was with somebody the person said no about."""
    episode = queries.get(by, pk)
    done = commands.record_contact(by=by, case_id=episode.case_id, details=form.details())
    told = done.with_whom and talk_to(needs_of(episode.person).circle, done.with_whom)[0] is Talk.NO
    return done, bool(told)


def contact_words(done: tuple[Contact, bool]) -> str:
    """Return what was recorded."""
    return presenters.contact_done(done, queries.call_after(done[0]))


def look_at_case(by: Actor, pk: UUID) -> Shown:
    """Return a case as the form of a new task shows it. Raises NotFound when it is not yours."""
    person = queries.person_of_case(by, pk, what="case")
    context = {
        "person_line": person_line(person, now()),
        **needs_shown(needs_of(person)),
        "case_id": pk,
        "head_template": "pathways/act_head.html",
    }
    return Shown(presenters.case_url(pk), 0, context)


def task_options(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Return who may do it."""
    return {"owners": me_or_coordinator(by, shown.context["case_id"])}


def me_or_coordinator(by: Actor, case_id: UUID) -> list[tuple[str, str]]:
    """Return who may take on what is to be done, for a form: me, or the case's co-ordinator."""
    coordinator = queries.coordinator_of(case_id)
    owners = [(str(by.user_id), "I do")] if by.user_id else []
    if coordinator is not None and coordinator.pk != by.user_id:
        owners.append((str(coordinator.pk), f"{coordinator.name}, co-ordinator"))
    return owners


def task(by: Actor, pk: UUID, form: Any) -> Task:
    """Write down something to do."""
    return commands.promise_task(by=by, case_id=pk, **form.values())


def _of_referral(verb: str, form: type[VersionedForm], run: Any, done: Any, **more: Any) -> ActPage:
    move = front_door.BY_VERB[verb]
    look = look_at_referral(verb)
    return ActPage(verb, move.words, move.permission, f"pathways/{verb}.html", form, look, run, done, **more)


def _of_episode(verb: str, form: type[VersionedForm], run: Any, done: Any, **more: Any) -> ActPage:
    move = BY_VERB[verb]
    look = more.pop("look", look_at_episode)
    return ActPage(verb, move.words, move.permission, f"pathways/{verb}.html", form, look, run, done, **more)


TASK = ActPage(
    "task", "New task", Permission.TASK_RECORD, "pathways/task.html", TaskForm, look_at_case, task,
    lambda made: f"Written down: {made.what}", options=task_options, makes=True,
)  # fmt: skip
PAGES = {
    page.verb: page
    for page in (
        _of_referral(
            "accept", AcceptForm, accept, accepted_words, options=accept_options, context=accept_context,
            keeps=True,
        ),
        _of_episode(
            "allocate", AllocateForm, allocate, lambda e: f"{e.coordinator.name} is the co-ordinator now.",
            options=allocate_options, context=allocate_context,
        ),
        _of_episode(
            "confirm_coordinator", ConfirmForm, confirm_coordinator,
            lambda e: f"{e.coordinator.name} is confirmed as the co-ordinator.",
        ),
        _of_episode(
            "contact", ContactForm, contact, contact_words, options=contact_options, look=look_at_any_episode,
            context=contact_context, makes=True,
        ),
        TASK,
    )
}  # fmt: skip
OF_REFERRAL = tuple(verb for verb in PAGES if verb in front_door.BY_VERB)
OF_EPISODE = tuple(verb for verb in PAGES if verb in BY_VERB)


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one act on a referral, an episode or a case, or do it."""
    return serve(request, PAGES[verb], pk)


@require_POST
def finish_task(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a task done."""
    task = commands.finish_task(by=actor_of(request), task_id=pk)
    messages.success(request, f"Done: {task.what}")
    if "list_site" in request.POST:
        return HttpResponseRedirect(presenters.list_url(request.POST["list_site"], request.POST.get("list_ward", "")))
    return HttpResponseRedirect(presenters.case_url(queries.root_case(task.case_id)))
