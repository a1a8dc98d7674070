"""Pending deliveries in, entries on the wiki out: plans one edit per page, sends it once, records what came of it.

What every answer of the wiki leads to stands in `Deliverer._deliver`; when a page is tried again, in `schedule`. It
never speaks to a channel and never decides what is logged: it meets the rest of the house in the journal alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from labsbot import wikitext
from labsbot.delivery.schedule import Schedule
from labsbot.model import (
    Attempt,
    Conflict,
    Delivery,
    Edit,
    Entry,
    Found,
    JournalFailure,
    LoggedOut,
    Page,
    Refused,
    Saved,
    Unavailable,
    Unknown,
    Wiki,
    WikiFailure,
)
from labsbot.settings import PageSettings

log = logging.getLogger("labsbot.delivery")

T = TypeVar("T")

AT_ONCE = 5
"""How often a page is read and tried again at once, before others who keep changing it are waited for."""
FRUITLESS = 3
"""How many attempts in a row may die without a result before their deliveries are parked."""
READ, SAVE = 20.0, 30.0
"""Seconds that a read and a save may take in all."""
RECORD = 5.0
"""Seconds after which a journal that failed is tried again."""


class Journal(Protocol):
    """What delivery asks of the journal."""

    def listen(self) -> asyncio.Event: ...
    async def pending(self) -> list[Delivery]: ...
    async def open_attempts(self) -> list[Attempt]: ...
    async def begin(self, batch: str, wiki: str, title: str, deliveries: Sequence[Delivery], now: datetime) -> int: ...
    async def intend(self, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None: ...
    async def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None: ...
    async def postpone(self, batch: str, deliveries: Sequence[Delivery], cause: str | None, now: datetime) -> None: ...
    async def doubt(self, batch: str, cause: str) -> None: ...
    async def park(self, batch: str, deliveries: Sequence[Delivery], cause: str, now: datetime) -> None: ...
    async def abandon(self, batch: str, now: datetime) -> None: ...
    async def withdraw(self, batch: str, now: datetime) -> None: ...


class Worker(Protocol):
    """The wiki's one thread: runs a verb there, gives it up after `deadline` seconds."""

    async def call(self, verb: Callable[..., T], *args: Any, deadline: float) -> T: ...


@dataclass(frozen=True, slots=True)
class _Copy:
    """The newest day's section as it stands on the wiki: the next edit there needs no read."""

    page: Page
    settings: PageSettings
    place: wikitext.Place
    text: str

    def serves(self, settings: PageSettings, days: set[date]) -> bool:
        return settings == self.settings and all(wikitext.takes(self.place, day) for day in days)


@dataclass(frozen=True, slots=True)
class _Plan:
    page: Page
    edit: Edit | None
    """None: all of it stands there already."""
    carried: tuple[Delivery, ...]
    copy: _Copy | None
    """The copy that will be true if the wiki confirms the edit as the successor of its base."""


class Deliverer:
    """Delivers to one wiki; `run` until `stop`."""

    def __init__(
        self,
        journal: Journal,
        wiki: Wiki,
        worker: Worker,
        settings_for: Callable[[Entry], PageSettings],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float], float] = lambda limit: random.uniform(0, limit),
    ) -> None:
        """`settings_for` says how and where an entry is written.

        `now` gives the time in UTC; `clock` counts seconds and never goes back; `jitter` as for Schedule.
        """
        self._journal = journal
        self._wiki = wiki
        self._worker = worker
        self._settings_for = settings_for
        self._now = now
        self._clock = clock
        self._schedule = Schedule(jitter)
        self._news = journal.listen()
        self._stopping = False
        self._logged_in = True
        self._unsettled = True
        """There may be attempts without a result: at the start, and whenever one ended without."""
        self._resolved: dict[str, str] = {}
        """The title after redirects of each title that was asked for."""
        self._pages: dict[str, Page | _Copy] = {}
        """What is known of a page, by its title after redirects."""
        self._conflicts: Counter[str] = Counter()

    async def run(self) -> None:
        """Deliver whatever is due, page by page, until `stop`."""
        while not self._stopping:
            self._news.clear()
            try:
                await self._next()
            except JournalFailure as failure:
                # What was sent meanwhile is found in the wiki's history once the journal can be written again.
                self._unsettled = True
                log.error("nothing can be delivered: %s", failure)
                await self._rest(RECORD)

    async def _next(self) -> None:
        """Do the one thing whose turn it is, or wait until there is one."""
        attempts: dict[str, Attempt] = {}
        if self._unsettled:
            attempts = {attempt.title: attempt for attempt in await self._journal.open_attempts()}
            self._unsettled = bool(attempts)
        due = self._by_page(await self._journal.pending())
        # Those of which nothing is known come first: they may turn out to be one of the others.
        pages = sorted(due, key=lambda title: title in self._pages)
        title, wait = self._schedule.turn(list(dict.fromkeys([*attempts, *pages])), self._clock())
        if title is None:
            await self._rest(wait)
        elif title in attempts:
            await self._settle(attempts[title])
        else:
            await self._deliver(title, due[title])

    def stop(self) -> None:
        """Let `run` return once the edit under way has its answer."""
        self._stopping = True
        self._news.set()

    async def _rest(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _by_page(self, pending: Sequence[Delivery]) -> dict[str, list[Delivery]]:
        """What is due for each page, by its title after redirects, the page that has waited longest first."""
        due: dict[str, list[Delivery]] = {}
        for delivery in pending:
            title = self._settings_for(delivery.entry).title_for(delivery.entry.project)
            due.setdefault(self._resolved.get(title, title), []).append(delivery)
        return due

    async def _deliver(self, title: str, due: Sequence[Delivery]) -> None:
        """Go one step with what is due to a page; here, and only here, is decided what each failure leads to."""
        settings = self._settings_for(due[0].entry)
        alike = [delivery for delivery in due if self._settings_for(delivery.entry) == settings]
        batch = secrets.token_hex(4)
        if await self._journal.begin(batch, self._wiki.name, title, alike, self._now()) > FRUITLESS:
            await self._park(batch, title, alike, "it stopped labsbot itself again and again")
            return
        try:
            await self._attempt(batch, title, settings, alike)
        except Conflict as failure:
            await self._try_again(batch, title, alike, failure)
        except LoggedOut as failure:
            self._logged_in = False
            await self._try_again(batch, title, alike, failure)
        except Unavailable as failure:
            self._schedule.failed(title, self._clock(), failure.retry_after)
            await self._journal.postpone(batch, alike, failure.cause, self._now())
            log.warning("postponed %s for %r: %s", _ids(alike), title, failure)
        except Unknown as failure:
            self._unsettled = True
            self._forget(title)
            self._schedule.failed(title, self._clock())
            await self._journal.doubt(batch, failure.cause)
            log.warning("no telling whether attempt %s at %r was saved: %s", batch, title, failure)
        except Refused as failure:
            await self._park(batch, title, alike, failure.cause)
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch: whatever it is, the other pages go on
            self._unsettled = True
            self._forget(title)
            self._schedule.failed(title, self._clock())
            log.exception("attempt %s at %r with %s failed unexpectedly", batch, title, _ids(alike))

    async def _attempt(self, batch: str, title: str, settings: PageSettings, due: Sequence[Delivery]) -> None:
        """Look at the page, if nothing that will do is known of it; else send what is due, and record it."""
        if not self._logged_in:
            await self._log_in()
        known = self._known(title, settings, due)
        if known is None:
            await self._look(title)
            # With what is known now, more may be due for that page: it is sorted anew.
            await self._journal.withdraw(batch, self._now())
            return
        plan = await self._plan(batch, known, settings, due)
        revision = plan.page.revision
        if plan.edit is not None:
            await self._journal.intend(batch, plan.edit, plan.carried)
            log.info("attempted %s on %r (attempt %s)", _ids(plan.carried), title, batch)
            saved = await self._worker.call(self._wiki.save, plan.edit, deadline=SAVE)
            self._learn(plan, plan.edit, saved)
            revision = saved.revision or revision
        await self._journal.delivered(batch, plan.carried, plan.page.url, revision, self._now())
        await asyncio.sleep(0)  # who waits to be told comes to the journal before what is next
        self._schedule.answered(title, self._clock())
        self._conflicts.pop(title, None)
        log.info("delivered %s to %r (attempt %s)", _ids(plan.carried), title, batch)

    def _known(self, title: str, settings: PageSettings, due: Sequence[Delivery]) -> Page | _Copy | None:
        known = self._pages.get(title)
        if isinstance(known, _Copy) and not known.serves(settings, {delivery.log_day for delivery in due}):
            return None
        return known

    async def _look(self, title: str) -> None:
        page = await self._worker.call(self._wiki.look, title, deadline=READ)
        self._resolved[title] = page.title
        self._pages[page.title] = page

    async def _plan(self, batch: str, known: Page | _Copy, settings: PageSettings, due: Sequence[Delivery]) -> _Plan:
        """What is to be sent: from the copy where there is one, else from the page as it was seen."""
        if isinstance(known, _Copy):
            composed = wikitext.compose(known.text, known.place, settings, due)
            return _planned(batch, known.page, settings, known.place.section, composed, due)
        if known.revision is None:
            composed = wikitext.create(settings, due[0].entry.project, due)
            return _planned(batch, known, settings, None, composed, due)
        place, days = wikitext.together(known.sections, settings, {delivery.log_day for delivery in due})[0]
        carried = [delivery for delivery in due if delivery.log_day in days]
        text = await self._worker.call(self._wiki.section, known, place.section, deadline=READ)
        if not wikitext.heading_matches(text, place):
            raise Conflict("the page's sections are not where the wiki said they are")
        return _planned(
            batch, known, settings, place.section, wikitext.compose(text, place, settings, carried), carried
        )

    def _learn(self, plan: _Plan, edit: Edit, saved: Saved) -> None:
        """After a save: go on from what was sent, if the wiki stored just that on top of just the base we knew."""
        title = edit.title
        if plan.copy is None or saved.revision is None or saved.previous != edit.base:
            self._forget(title)
        else:
            page = dataclasses.replace(plan.page, revision=saved.revision, seen=saved.time, sections=())
            self._pages[title] = dataclasses.replace(plan.copy, page=page)

    async def _settle(self, attempt: Attempt) -> None:
        """Find out what became of an attempt without a result, before anything else is sent to its page."""
        if attempt.edit is None:
            await self._journal.abandon(attempt.batch, self._now())
            return
        if attempt.wiki != self._wiki.name:
            cause = f"it was being sent to {attempt.wiki}, which is not configured any more"
            await self._park(attempt.batch, attempt.title, attempt.deliveries, cause)
            return
        try:
            found: Found | None = await self._worker.call(
                self._wiki.find, attempt.batch, attempt.title, attempt.begun, deadline=READ
            )
        except WikiFailure as failure:
            log.warning("page %r, attempt %s: still no telling: %s", attempt.title, attempt.batch, failure)
            await self._journal.doubt(attempt.batch, failure.cause)
            self._schedule.failed(attempt.title, self._clock())
            return
        self._schedule.answered(attempt.title, self._clock())
        if found is None:
            log.info("attempt %s at %r was not saved", attempt.batch, attempt.title)
            await self._journal.postpone(attempt.batch, attempt.deliveries, None, self._now())
            return
        await self._journal.delivered(attempt.batch, attempt.deliveries, found.url, found.revision, self._now())
        log.info(
            "delivered %s to %r, as its history shows (attempt %s)",
            _ids(attempt.deliveries),
            found.title,
            attempt.batch,
        )

    async def _log_in(self) -> None:
        try:
            await self._worker.call(self._wiki.login, deadline=READ)
        except Refused as failure:
            # Somebody will mend the password or the account; nothing is wrong with what waits.
            raise Unavailable(failure.cause, failure.code) from failure
        self._logged_in = True

    async def _try_again(self, batch: str, title: str, due: Sequence[Delivery], failure: WikiFailure) -> None:
        """Nothing was saved: again at once, with the page read anew; if that happens often, later."""
        self._forget(title)
        await self._journal.postpone(batch, due, None, self._now())
        self._conflicts[title] += 1
        if self._conflicts[title] % AT_ONCE == 0:
            self._schedule.failed(title, self._clock())
        log.info("trying again %s on %r: %s", _ids(due), title, failure)

    async def _park(self, batch: str, title: str, due: Sequence[Delivery], cause: str) -> None:
        self._forget(title)
        self._schedule.answered(title, self._clock())
        await self._journal.park(batch, due, cause, self._now())
        log.error("parked %s for %r: %s", _ids(due), title, cause)

    def _forget(self, title: str) -> None:
        """Nothing that was known of this page is to be believed any more, nor that it is the page we want."""
        self._pages.pop(title, None)
        self._resolved = {asked: answer for asked, answer in self._resolved.items() if answer != title}


def _planned(
    batch: str,
    page: Page,
    settings: PageSettings,
    section: int | None,
    composed: wikitext.Composed,
    carried: Sequence[Delivery],
) -> _Plan:
    copy = None if composed.kept is None else _Copy(page, settings, *composed.kept)
    standing = {delivery.entry.id for delivery in composed.left}
    sent = [delivery for delivery in carried if delivery.entry.id not in standing]
    if not sent:
        return _Plan(page, None, tuple(carried), copy)
    summary = wikitext.summary(batch, sent)
    return _Plan(
        page, Edit(page.title, section, page.revision, page.seen, composed.text, summary), tuple(carried), copy
    )


def _ids(deliveries: Sequence[Delivery]) -> str:
    return " ".join(delivery.entry.id for delivery in deliveries)
