// Keys, sending forms once, the end of the session, and words for screen readers. Every page works without this file.
(() => {
  "use strict";
  const body = document.body;
  const one = (query, from = document) => from.querySelector(query);
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const shown = (element) => element.getClientRects().length > 0;

  const announce = (words) => {
    const place = one("#announce");
    if (place) place.textContent = words;
  };

  // --- Keys. Single letters can be switched off (WCAG 2.1.4): then data-keys is missing on the body.
  const typing = (element) =>
    element.isContentEditable ||
    element.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=submit]):not([type=button])");

  const rowLinks = () => all("[data-rows] [data-row-link]").filter(shown);

  const moveRow = (step) => {
    const links = rowLinks();
    if (!links.length) return;
    const now = links.findIndex((link) => link === document.activeElement || link.closest("tr, li").contains(document.activeElement));
    const marked = links.findIndex((link) => link.closest("[aria-current=true]"));
    const from = now >= 0 ? now : marked >= 0 ? marked - (step > 0 ? 1 : 0) : step > 0 ? -1 : links.length;
    const next = links[Math.min(links.length - 1, Math.max(0, from + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  // A letter never leaves a page on which something has been typed.
  let typed = false;
  document.addEventListener("input", (event) => {
    if (!event.target.closest("[role=search]")) typed = true;
  });

  const press = (letter) => {
    const target = all("[data-key]").find((element) => element.dataset.key.toLowerCase() === letter && shown(element));
    if (!target && letter === "n" && body.dataset.call && !typed) {
      window.location.assign(body.dataset.call);
      return true;
    }
    if (!target) return false;
    target.focus();
    target.click();
    return true;
  };

  // Alt and a digit jump to that step of a form.
  const jump = (digit) => {
    const field = all("input, textarea, select, button, summary", one(`#step-${digit}-in`) || document.createElement("i")).find(shown);
    if (field) field.focus();
    return Boolean(field);
  };

  const showKeys = () => {
    const panel = one("#keys-panel");
    if (!panel) return;
    panel.hidden = false;
    panel.scrollIntoView({ block: "nearest" });
    panel.focus();
  };

  const hideKeys = () => {
    const panel = one("#keys-panel");
    if (panel && !panel.hidden) {
      panel.hidden = true;
      one("[data-show-keys]").focus();
    }
  };

  const letterKeys = {
    j: () => moveRow(1),
    k: () => moveRow(-1),
    "/": () => {
      const field = all("[data-find] input[type=search]").find(shown);
      if (field) field.focus();
      else {
        const menu = one(".ic-menu");
        if (menu) {
          menu.open = true;
          one("input[type=search]", menu)?.focus();
        }
      }
    },
    "?": showKeys,
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form");
      if (form && form.method === "post") {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.key === "Escape") return hideKeys();
    if (event.altKey && !event.ctrlKey && /^[1-9]$/.test(event.key)) return jump(event.key) && event.preventDefault();
    if (body.dataset.keys !== "on" || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const act = letterKeys[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else if (/^[a-z0-9]$/i.test(event.key) && press(event.key.toLowerCase())) {
      event.preventDefault();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) {
      event.preventDefault();
      showKeys();
    } else if (event.target.closest("[data-hide-keys]")) {
      hideKeys();
    } else if (event.target.closest("[data-print]")) {
      window.print();
    }
  });

  // The row whose panel is open keeps its mark when the panel came by htmx.
  document.addEventListener("htmx:afterRequest", (event) => {
    const row = event.detail.successful && event.target.closest?.("[data-rows] tr");
    if (!row || !event.target.matches("[data-row-link]")) return;
    all("[aria-current=true]", row.closest("[data-rows]")).forEach((other) => other.removeAttribute("aria-current"));
    row.setAttribute("aria-current", "true");
  });

  // The form of an act on a row opens under that row, not at the top of a long list.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.target.closest?.("[data-acts-here] tbody tr");
    const acts = one("#acts");
    if (!row || !acts || acts.contains(event.target)) return;
    const place = one("#acts-row") || document.createElement("tr");
    if (!place.id) {
      place.id = "acts-row";
      place.setAttribute("role", "row");
      const cell = place.insertCell();
      cell.colSpan = row.cells.length;
      cell.setAttribute("role", "cell");
    }
    place.cells[0].append(acts);
    row.after(place);
  });

  // --- A form is sent once. It may be sent again when the answer did not come, or the page is shown again.
  const busy = new Set();
  const free = (form) => {
    busy.delete(form);
    form.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (busy.has(form)) {
      event.preventDefault();
      announce("Already sent, waiting for the answer.");
      return;
    }
    busy.add(form);
    form.setAttribute("aria-busy", "true");
    window.setTimeout(() => free(form), 20000);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target instanceof HTMLFormElement) free(event.target);
  });
  window.addEventListener("pageshow", () => [...busy].forEach(free));

  // --- Live parts: polls say that they are polls (they do not keep the session), and what is new is read out.
  document.addEventListener("htmx:configRequest", (event) => {
    const asked = event.detail.elt;
    const timed = !event.detail.triggeringEvent && (asked.getAttribute("hx-trigger") ?? "").includes("every");
    if (timed || asked.matches("[data-poll]")) event.detail.headers["X-ICRAS-Poll"] = "1";
  });
  // What was sent and not taken is said where it was typed: no answer, or a fault. The words stay on the page.
  const say = (place, which) => {
    const words = one(`#${which}`).content.firstElementChild.cloneNode(true);
    place.before(words);
    words.focus();
  };
  // Whoever signed in again in another tab has another token: it comes with the answer, and what is sent again is taken.
  const renew = (token) => {
    all("input[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
    body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  };
  const failed = (event) => {
    const { elt, target, xhr } = event.detail;
    const token = xhr?.getResponseHeader("X-ICRAS-Token");
    if (token) renew(token);
    if (xhr?.status === 401) sessionOver();
    else if (elt.matches("[data-keeps]")) elt.replaceChildren(one("#not-kept").content.cloneNode(true));
    else if (elt instanceof HTMLFormElement) say(elt, "not-saved");
    else if (elt instanceof HTMLAnchorElement) say(target, "not-opened");
  };
  for (const name of ["responseError", "sendError", "timeout"]) document.addEventListener(`htmx:${name}`, failed);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches("form, a")) all("[data-not-saved]").forEach((words) => words.remove());
  });
  // A list is not redrawn under somebody's fingers: the focused link is found again by its address, a row that is
  // being read keeps its place on the screen, and words that are being copied stay selected.
  let held = null;
  let place = null;
  const rowInView = (list) => all("tr[id]", list).find((row) => row.getBoundingClientRect().bottom > 0);
  const copying = (list) => {
    const chosen = window.getSelection();
    return chosen && !chosen.isCollapsed && list.contains(chosen.anchorNode);
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    const list = event.detail.target;
    if (list.matches("[data-poll]")) {
      if (copying(list)) {
        event.detail.shouldSwap = false;
        return;
      }
      const row = window.scrollY > 0 && ((list.contains(active) && active.closest("tr[id]")) || rowInView(list));
      place = row ? { id: row.id, top: row.getBoundingClientRect().top } : null;
    }
    held = active && event.detail.target.contains(active) ? active.id || active.getAttribute("href") : null;
  });
  // The form of an act is seen from its top: the panel scrolls, the page stays where it is.
  const showTop = (acts, panel) => {
    if (!panel || panel.scrollHeight <= panel.clientHeight) return;
    panel.scrollTop += acts.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (held) {
      const again = document.getElementById(held) || all("a[href]").find((link) => link.getAttribute("href") === held);
      if (again) again.focus({ preventScroll: true });
      held = null;
    }
    const row = place && document.getElementById(place.id);
    if (row) window.scrollBy(0, row.getBoundingClientRect().top - place.top);
    place = null;
    const shownNow = event.detail.elt;
    if (shownNow.matches?.(".ic-panel") && shownNow.getBoundingClientRect().top > window.innerHeight * 0.8) shownNow.focus();
    if (shownNow.id === "acts") showTop(shownNow, shownNow.closest(".ic-panel"));
    const say = event.detail.elt.dataset?.announce;
    if (say) announce(say);
  });
  // A list that could not be fetched again says so: an old list must not look like a fresh one.
  document.addEventListener("htmx:afterRequest", (event) => {
    const note = event.detail.requestConfig?.elt?.matches("[data-poll]") && one("[data-stale]");
    if (!note || note.hidden === event.detail.successful) return;
    note.hidden = event.detail.successful;
    if (!note.hidden) announce(note.textContent.trim());
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const ends = event.detail.xhr?.getResponseHeader("X-ICRAS-Session-Ends");
    if (ends) sessionEndsAt(new Date(ends));
  });

  // --- The end of the session is told in time and can be moved. The server decides; this only tells.
  const warning = one("#session-warning");
  const over = one("#session-over");
  let warnTimer;
  let overTimer;

  // How far this computer's clock is ahead of the server's.
  const skew = Date.now() - new Date(body.dataset.now).getTime();
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/London" });

  const sessionOver = () => {
    if (!over) return;
    if (body.dataset.shared) return leave();
    warning.hidden = true;
    over.hidden = false;
    announce(over.textContent.trim());
  };

  // On a shared device nothing of the last user stays: not on this page, in other tabs, or behind the back button.
  const leave = () => window.location.replace(body.dataset.shared);
  const others = "BroadcastChannel" in window ? new BroadcastChannel("icras-device") : null;
  if (body.dataset.shared && !body.dataset.sessionEnds) others?.postMessage("left");
  others?.addEventListener("message", () => {
    if (body.dataset.sessionEnds) window.location.replace("/");
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && body.dataset.sessionEnds) window.location.reload();
  });

  const sessionSoon = () => {
    warning.hidden = false;
    announce(`You will be signed out at ${one("[data-ends-words]", warning).textContent}. ${body.dataset.shared ? "" : "What you have typed is kept. "}Stay signed in is at the top of the page.`);
  };

  const sessionEndsAt = (ends) => {
    window.clearTimeout(warnTimer);
    window.clearTimeout(overTimer);
    const left = ends.getTime() - (Date.now() - skew);
    const warn = Number(body.dataset.sessionWarn) * 1000;
    all("[data-ends-words]").forEach((place) => (place.textContent = clock.format(ends)));
    if (left > warn) warning.hidden = true;
    over.hidden = true;
    warnTimer = window.setTimeout(() => ask(ends, sessionSoon), Math.max(0, left - warn));
    overTimer = window.setTimeout(() => ask(ends, sessionOver), Math.max(0, left + 1000));
  };

  // Another tab may have kept the session: ask before saying anything. Without an answer, say nothing and ask again.
  const ask = async (known, say) => {
    const form = one("[data-extend]");
    const answer = await fetch(form.action, { headers: { "X-ICRAS-Poll": "1" }, redirect: "manual" }).catch(() => null);
    if (!answer) return window.setTimeout(() => ask(known, say), 10000);
    const told = answer.ok && answer.headers.get("X-ICRAS-Session-Ends");
    const ends = told ? new Date(told) : null;
    if (!ends) sessionOver();
    else if (ends.getTime() - known.getTime() > 1000) sessionEndsAt(ends);
    else if (say === sessionOver) overTimer = window.setTimeout(() => ask(known, say), 5000);
    else say();
  };

  const stay = async (form) => {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      redirect: "manual",
    }).catch(() => null);
    const ends = answer && answer.ok && answer.headers.get("X-ICRAS-Session-Ends");
    if (!ends) return sessionOver();
    sessionEndsAt(new Date(ends));
    announce(`Thank you. You will be signed out at ${clock.format(new Date(ends))} if you do nothing.`);
    one("#main").focus();
  };

  if (warning && body.dataset.sessionEnds) {
    one("[data-extend]").addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      stay(event.target);
    });
    sessionEndsAt(new Date(body.dataset.sessionEnds));
  }
})();
