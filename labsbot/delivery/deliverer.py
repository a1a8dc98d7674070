"""Pending deliveries in, entries on the wiki out: sends one edit per page, once, and records what came of it.

What every answer of the wiki leads to stands in `Deliverer._deliver`, what an edit without an answer leads to in
`Deliverer._settle`; when a page is tried again, in `schedule`. It never speaks to a channel and never decides what is
logged: it meets the rest of the house in the journal alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from labsbot import wikitext
from labsbot.delivery.pages import Copy, Pages
from labsbot.delivery.plan import Plan, first_range, from_copy, from_text, new_page
from labsbot.delivery.portions import Portions
from labsbot.delivery.schedule import Schedule
from labsbot.delivery.settle import ON_ITS_WAY, READ, Lost, NotSaved, Open, Settler, Worker
from labsbot.model import (
    Attempt,
    Conflict,
    Delivery,
    Edit,
    Found,
    GivenUp,
    JournalFailure,
    LoggedOut,
    Origin,
    Page,
    Refused,
    RefusedText,
    Unavailable,
    Unknown,
    Warned,
    Wiki,
    WikiFailure,
)
from labsbot.settings import PageSettings

log = logging.getLogger("labsbot.delivery")

T = TypeVar("T")

AT_ONCE = 5
"""How often a page is read and tried again at once, before others who keep changing it are waited for."""
TOGETHER = 2
"""So many attempts in a row may die without a result before each of their deliveries is sent alone."""
FRUITLESS = 4
"""So many in a row before one that is sent alone is parked; a service manager still starts us again (systemd: 5)."""
SAVE = 30.0
"""Seconds that a save may take in all."""
REMEMBERED = timedelta(days=7)
"""How long an edit is looked for again that was given up as not saved."""
RECORD = 5.0
"""Seconds after which a journal that failed is tried again."""


class Journal(Protocol):
    """What delivery asks of the journal."""

    def listen(self) -> asyncio.Event: ...
    async def waiting(self) -> list[Origin]: ...
    async def pending(self, origins: Sequence[Origin], most: int | None) -> list[Delivery]: ...
    async def open_attempts(self) -> list[Attempt]: ...
    async def begin(self, batch: str, wiki: str, title: str, deliveries: Sequence[Delivery], now: datetime) -> int: ...
    async def intend(self, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None: ...
    async def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None: ...
    async def postpone(self, batch: str, deliveries: Sequence[Delivery], cause: str | None, now: datetime) -> None: ...
    async def doubt(self, batch: str, cause: str) -> None: ...
    async def park(self, batch: str, deliveries: Sequence[Delivery], cause: str, now: datetime) -> None: ...
    async def abandon(self, batch: str, now: datetime, may_come: bool) -> None: ...
    async def withdraw(self, batch: str, now: datetime, may_come: bool) -> None: ...
    async def given_up(self, before: datetime) -> list[GivenUp]: ...


class Deliverer:
    """Delivers to one wiki; `run` until `stop`."""

    def __init__(
        self,
        journal: Journal,
        wiki: Wiki,
        worker: Worker,
        settings_for: Callable[[Origin], PageSettings],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float], float] = lambda limit: random.uniform(0, limit),
    ) -> None:
        """`settings_for` says how and where entries are written.

        `now` gives the time in UTC; `clock` counts seconds and never goes back; `jitter` as for Schedule.
        """
        self._journal = journal
        self._wiki = wiki
        self._worker = worker
        self._settings_for = settings_for
        self._now = now
        self._clock = clock
        self._schedule = Schedule(jitter)
        self._pages = Pages()
        self._portions = Portions()
        self._settler = Settler(wiki, worker, self._pages, self._asked, clock)
        self._news = journal.listen()
        self._stopping = False
        self._logged_in = True
        self._login_helped = True
        """The wiki has answered since the last login: the next time it knows us no more, another may help."""
        self._unsettled = True
        """There may be attempts without a result: at the start, and whenever one ended without."""
        self._unrecorded: set[str] = set()
        """Batches that ended without a result because the journal failed: that was not their doing."""
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
            still_open = await self._journal.open_attempts()
            attempts = {attempt.title: attempt for attempt in still_open}
            self._unsettled = bool(attempts)
            # The others are over, or were never begun: a full disk would leave one behind with each try.
            self._unrecorded.intersection_update(attempt.batch for attempt in still_open)
        due = self._by_page(await self._journal.waiting())
        # Those of which nothing is known come first: they may turn out to be one of the others.
        pages = sorted(due, key=lambda title: self._pages.known(title) is not None)
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

    def _asked(self, origin: Origin) -> str:
        return self._settings_for(origin).title_for(origin.project)

    def _by_page(self, waiting: Sequence[Origin]) -> dict[str, list[Origin]]:
        """Where something is due from for each page, by its title after redirects; who has waited longest first."""
        due: dict[str, list[Origin]] = {}
        for origin in waiting:
            due.setdefault(self._pages.title(self._asked(origin), self._clock()), []).append(origin)
        return due

    async def _deliver(self, title: str, origins: Sequence[Origin]) -> None:
        """Go one step with what is due to a page."""
        settings = self._settings_for(origins[0])
        alike = [origin for origin in origins if self._settings_for(origin) == settings]
        due = await self._journal.pending(alike, self._portions.most(title))
        if not due:
            return  # an operator has dropped it just now
        batch = secrets.token_hex(6)
        try:
            begun = await self._journal.begin(batch, self._wiki.name, title, due, self._now())
            if begun > TOGETHER and len(due) > 1:
                # One of them is to blame, or none: whoever stopped us by hand or by chance.
                self._portions.alone(title)
                await self._journal.withdraw(batch, self._now(), may_come=False)
            elif begun > FRUITLESS:
                await self._park(batch, title, due, "it stopped labsbot itself again and again")
            else:
                await self._attempt(batch, title, settings, due)
        except JournalFailure:
            self._unrecorded.add(batch)
            raise

    async def _attempt(self, batch: str, title: str, settings: PageSettings, due: Sequence[Delivery]) -> None:
        """Look at the page or write to it; here, and only here, is decided what each failure leads to."""
        try:
            made = await self._plan(batch, title, settings, due)
            if made is None:
                # With what is known now, more may be due for that page: it is sorted anew.
                await self._journal.withdraw(batch, self._now(), may_come=False)
                return
            due = made.carried
            await self._send(batch, made)
        except Conflict as failure:
            self._conflicts[title] += 1
            self._pages.doubt(title)
            await self._try_again(batch, title, due, failure, at_once=self._conflicts[title] % AT_ONCE != 0)
        except LoggedOut as failure:
            self._logged_in = False
            await self._try_again(batch, title, due, failure, at_once=self._login_helped)
        except Unavailable as failure:
            await self._try_again(batch, title, due, failure, at_once=False)
        except Unknown as failure:
            self._left_open(title, failure.retry_after)
            await self._journal.doubt(batch, str(failure))
            log.warning("no telling whether attempt %s at %r was saved: %s", batch, title, failure)
        except RefusedText as failure:
            if self._portions.refused(title, len(due)):
                await self._park(batch, title, due, str(failure))
            else:
                await self._try_again(batch, title, due, failure, at_once=True)
        except Refused as failure:
            await self._park(batch, title, due, str(failure))
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch: whatever it is, the other pages go on
            self._left_open(title)
            log.exception("attempt %s at %r with %s failed unexpectedly", batch, title, _ids(due))

    async def _plan(self, batch: str, title: str, settings: PageSettings, due: Sequence[Delivery]) -> Plan | None:
        """What is to be sent; None: it was found out what page that is, and nothing more."""
        if not self._logged_in:
            await self._log_in()
        known = self._pages.known(title)
        if isinstance(known, Copy) and not known.serves(settings, {delivery.log_day for delivery in due}):
            known = None
        if known is None:
            self._pages.looked(title, await self._read(self._wiki.look, title), self._clock())
            return None
        if isinstance(known, Copy):
            return from_copy(batch, known, due)
        given_up = await self._journal.given_up(self._now() - REMEMBERED)
        if arrived := await self._settler.came_after_all(given_up, known, due, self._now()):
            log.info("attempt %s at %r was saved after all", arrived.batch, title)
            return Plan(replace(known, url=arrived.url), None, arrived.carried, None)
        if known.revision is None:
            return new_page(batch, known, settings, due)
        if not self._pages.is_searched(title, settings) and (standing := await self._standing(known, settings, due)):
            return Plan(known, None, standing, None)
        part = first_range(known, settings, due)
        text = await self._read(self._wiki.section, known, part.place.section)
        return from_text(batch, known, settings, part, text)

    async def _standing(self, page: Page, settings: PageSettings, due: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """What is due and stands on the page already, in whatever section."""
        ids = wikitext.ids_in(await self._read(self._wiki.text, page.title))
        standing = tuple(delivery for delivery in due if delivery.entry.id in ids)
        if not standing and self._portions.most(page.title) is None:
            self._pages.searched(page.title, settings)
        return standing

    async def _send(self, batch: str, made: Plan) -> None:
        """Send the edit once, if there is one, and record what was delivered."""
        title, revision = made.page.title, made.page.revision
        if made.edit is not None:
            await self._journal.intend(batch, made.edit, made.carried)
            log.info("attempted %s on %r (attempt %s)", _ids(made.carried), title, batch)
            try:
                saved = await self._worker.call(self._wiki.save, made.edit, deadline=SAVE)
            except Warned:  # nothing was saved, and whoever means it sends the same again
                saved = await self._worker.call(self._wiki.save, made.edit, deadline=SAVE)
            self._pages.saved(made.copy, title, made.edit.base, saved)
            self._portions.accepted(title)
            revision = saved.revision or revision
        await self._journal.delivered(batch, made.carried, made.page.url, revision, self._now())
        await asyncio.sleep(0)  # who waits to be told comes to the journal before what is next
        self._schedule.answered(title, self._clock())
        self._login_helped = True
        self._conflicts.pop(title, None)
        log.info("delivered %s to %r (attempt %s)", _ids(made.carried), title, batch)

    async def _read(self, verb: Callable[..., T], *given: object) -> T:
        return await self._worker.call(verb, *given, deadline=READ)

    async def _log_in(self) -> None:
        try:
            await self._read(self._wiki.login)
        except Refused as failure:
            # Somebody will mend the password or the account; nothing is wrong with what waits.
            raise Unavailable(failure.cause, failure.code, failure.retry_after) from failure
        self._logged_in, self._login_helped = True, False

    async def _settle(self, attempt: Attempt) -> None:
        """Find out what became of an attempt without a result, before anything else is sent to its page."""
        batch, title, carried = attempt.batch, attempt.title, attempt.deliveries
        if attempt.edit is None:
            await self._give_back(batch, may_come=False)
            return
        if attempt.wiki != self._wiki.name:
            cause = f"it was being sent to {attempt.wiki}, which is not configured any more"
            await self._park(batch, title, carried, cause)
            return
        try:
            verdict = await self._settler.settle(attempt, attempt.edit)
        except WikiFailure as failure:
            log.warning("page %r, attempt %s: still no telling: %s", title, batch, failure)
            self._schedule.failed(title, self._clock(), failure.retry_after)
            await self._journal.doubt(batch, str(failure))
            return
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch, here too: it stays open, and the other pages go on
            log.exception("page %r, attempt %s: to look for it failed unexpectedly", title, batch)
            self._left_open(title)
            await self._journal.doubt(batch, ON_ITS_WAY)
            return
        match verdict:
            case Found():
                self._schedule.answered(title, self._clock())
                await self._journal.delivered(batch, carried, verdict.url, verdict.revision, self._now())
                log.info("delivered %s to %r, as its history shows (attempt %s)", _ids(carried), verdict.title, batch)
            case NotSaved(may_come):
                self._schedule.heard(self._clock())
                self._pages.doubt(title)
                await self._give_back(batch, may_come)
                log.info("attempt %s at %r was not saved", batch, title)
            case Open(cause):
                self._schedule.failed(title, self._clock())
                await self._journal.doubt(batch, cause)
                log.info("attempt %s at %r is looked for again: %s", batch, title, cause)
            case Lost(cause):
                await self._park(batch, title, carried, cause)

    async def _give_back(self, batch: str, may_come: bool) -> None:
        """Nothing was saved; what the attempt carried is due again, and that counts unless the journal was at fault."""
        if batch in self._unrecorded:
            await self._journal.withdraw(batch, self._now(), may_come)
            self._unrecorded.discard(batch)
        else:
            await self._journal.abandon(batch, self._now(), may_come)

    async def _try_again(
        self, batch: str, title: str, due: Sequence[Delivery], failure: WikiFailure, at_once: bool
    ) -> None:
        """Nothing was saved: again, at once or after a while."""
        if at_once:
            log.info("trying again %s on %r: %s", _ids(due), title, failure)
        else:
            self._schedule.failed(title, self._clock(), failure.retry_after)
            log.warning("postponed %s for %r: %s", _ids(due), title, failure)
        await self._journal.postpone(batch, due, None if at_once else str(failure), self._now())

    def _left_open(self, title: str, retry_after: float | None = None) -> None:
        self._unsettled = True
        self._pages.doubt(title)
        self._schedule.failed(title, self._clock(), retry_after)

    async def _park(self, batch: str, title: str, due: Sequence[Delivery], cause: str) -> None:
        self._pages.forget(title)
        self._schedule.answered(title, self._clock())
        await self._journal.park(batch, due, cause, self._now())
        log.error("parked %s for %r: %s", _ids(due), title, cause)


def _ids(deliveries: Sequence[Delivery]) -> str:
    return " ".join(delivery.entry.id for delivery in deliveries)
