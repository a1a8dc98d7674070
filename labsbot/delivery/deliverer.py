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
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from labsbot import wikitext
from labsbot.delivery.again import SPACED, Again
from labsbot.delivery.lanes import AGAIN, Due, Kind, Lane, sorted_out
from labsbot.delivery.pages import Copy, Pages
from labsbot.delivery.plan import Plan, first_range, from_copy, from_text, new_page, within
from labsbot.delivery.portions import Portion, Portions
from labsbot.delivery.report import Report, ids
from labsbot.delivery.schedule import Schedule, limit
from labsbot.delivery.settle import ON_ITS_WAY, READ, Lost, NotSaved, Open, Settler, Worker
from labsbot.model import (
    Attempt,
    Conflict,
    Delivery,
    DeliveryState,
    Edit,
    Found,
    GivenUp,
    Hindrance,
    JournalFailure,
    LoggedOut,
    NotDue,
    Origin,
    Page,
    Refused,
    RefusedText,
    TooLarge,
    Unavailable,
    Unknown,
    Waiting,
    Warned,
    Wiki,
    WikiFailure,
)
from labsbot.settings import LARGEST_EDIT, PageSettings

log = logging.getLogger("labsbot.delivery")

T = TypeVar("T")

AT_ONCE = 5
"""How often a page is read and tried again at once, before others who keep changing it are waited for."""
TOGETHER = 2
"""So many attempts in a row may die without a result before each of their deliveries is sent alone."""
FRUITLESS = 4
"""So many in a row before one that is sent alone is parked; a service manager still starts us again (systemd: 5)."""
PAGE_BLAMED = 2
"""So often what a wiki refuses for its text is taken for the doing of the page, where others are refused as well."""
SAVE = 30.0
"""Seconds that a save may take in all."""
REMEMBERED = timedelta(days=7)
"""How long an edit is looked for again that was given up as not saved."""
NOT_AN_ENTRY = "its id is on the page, but not in an entry there"
"""Whoever looks there sees whether somebody has moved the entry, or only mentions it."""
SORTING = "the wiki refuses some of what waits, and it is being found out which"
"""Why what goes together with something that is refused is not there yet."""
RECORD = 5.0
"""Seconds after which a journal that failed is tried again."""


class Journal(Protocol):
    """What delivery asks of the journal."""

    def listen(self) -> asyncio.Event: ...
    async def waiting(self) -> list[Waiting]: ...
    async def pending(
        self, origins: Sequence[Origin], most: int, sender: str | None, without: Sequence[str]
    ) -> list[Delivery]: ...
    async def newest(self) -> int: ...
    async def open_attempts(self) -> list[Attempt]: ...
    async def begin(self, batch: str, wiki: str, title: str, deliveries: Sequence[Delivery], now: datetime) -> int: ...
    async def intend(self, batch: str, edit: Edit, deliveries: Sequence[Delivery]) -> None: ...
    async def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None: ...
    async def postpone(
        self,
        batch: str,
        deliveries: Sequence[Delivery],
        cause: str | None,
        now: datetime,
        failure: str | None = None,
        next_try: datetime | None = None,
    ) -> None: ...
    async def doubt(
        self, batch: str, cause: str, failure: str | None = None, next_try: datetime | None = None
    ) -> None: ...
    async def park(
        self,
        batch: str,
        deliveries: Sequence[Delivery],
        cause: str,
        now: datetime,
        failure: str | None = None,
        hindrance: Hindrance | None = None,
        next_try: datetime | None = None,
    ) -> None: ...
    async def next_hindered(self) -> tuple[Delivery, datetime] | None: ...
    async def hindered(self, by: Hindrance) -> list[Origin]: ...
    async def put_off(self, by: Hindrance, origins: Sequence[Origin], next_try: datetime) -> None: ...
    async def release(self, by: Hindrance, origins: Sequence[Origin]) -> int: ...
    async def backlog(self) -> dict[DeliveryState, tuple[int, datetime]]: ...
    async def abandon(self, batch: str, now: datetime, may_come: bool) -> None: ...
    async def withdraw(self, batch: str, now: datetime, may_come: bool) -> None: ...
    async def given_up(self, before: datetime) -> list[GivenUp]: ...


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is tried together."""

    id: str
    lane: Lane
    title: str
    settings: PageSettings
    due: Sequence[Delivery]
    portion: Portion

    @property
    def is_parked(self) -> bool:
        """It is parked already, and tried again: about that people hear nothing."""
        return self.lane == AGAIN


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
        largest: int = LARGEST_EDIT,
    ) -> None:
        """`settings_for` says how and where entries are written; `largest` is how many bytes an edit adds at most.

        `now` gives the time in UTC; `clock` counts seconds and never goes back; `jitter` as for Schedule.
        """
        self._journal = journal
        self._wiki = wiki
        self._worker = worker
        self._settings_for = settings_for
        self._now = now
        self._clock = clock
        self._largest = largest
        self._schedule: Schedule[Lane] = Schedule(jitter)
        self._pages = Pages()
        self._portions = Portions()
        self._again = Again(journal, self._title, now)
        self._report = Report(clock)
        self._settler = Settler(wiki, worker, self._pages, settings_for, clock)
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
        self._earlier: int | None = None
        """The newest delivery of an earlier life; None: the journal has not been asked. It may be from a backup."""
        self._doubted: set[int] = set()
        """Deliveries of this life that may be on the wiki without our knowing, as all of an earlier life may."""

    async def run(self) -> None:
        """Deliver whatever is due, page by page, until `stop`."""
        while not self._stopping:
            self._news.clear()
            try:
                await self._next()
                self._report.journal_works()
            except JournalFailure as failure:
                # What was sent meanwhile is found in the wiki's history once the journal can be written again.
                self._unsettled = True
                self._report.journal_failed(failure)
                await self._rest(RECORD)

    async def _next(self) -> None:
        """Do the one thing whose turn it is, or wait until there is one."""
        attempts: dict[str, Attempt] = {}
        if self._earlier is None:
            self._earlier = await self._journal.newest()
        if self._unsettled:
            still_open = await self._journal.open_attempts()
            attempts = {attempt.title: attempt for attempt in still_open}
            self._unsettled = bool(attempts)
            # The others are over, or were never begun: a full disk would leave one behind with each try.
            self._unrecorded.intersection_update(attempt.batch for attempt in still_open)
        due, until = await self._due(attempts)
        waiting = [origin for lane, held in due.items() if lane != AGAIN for origin in held.origins]
        waiting += [each.entry.origin for attempt in attempts.values() for each in attempt.deliveries]
        if (waited := self._report.over({*map(self._asked, waiting)})) is not None:
            still, _ = (await self._journal.backlog()).get(DeliveryState.PENDING, (0, None))
            self._report.tell_over(waited + still)
        # Those of which nothing is known come first: they may turn out to be one of the others. What was refused, last.
        lanes = sorted(due, key=lambda lane: (lane.kind is not Kind.ALL, self._pages.known(lane.title) is not None))
        lane, wait = self._schedule.turn([*map(Lane, attempts), *lanes], self._clock())
        if lane is None:
            await self._rest(min((seconds for seconds in (wait, until) if seconds is not None), default=None))
        elif lane.title in attempts:
            await self._settle(attempts[lane.title])
        else:
            await self._deliver(lane, due[lane])

    async def _due(self, attempts: Collection[str]) -> tuple[dict[Lane, Due], float | None]:
        """What may be sent in each lane but to pages with an open attempt, and the seconds until more is."""
        due = sorted_out(await self._journal.waiting(), self._title, self._portions.apart)
        again = await self._again.next()
        if again is not None and again[1] <= 0.0:
            parked = again[0]
            if self._title(parked.entry.origin) not in attempts:
                due[AGAIN] = Due([parked.entry.origin], [parked.entry.sender], parked)
        free = {lane: held for lane, held in due.items() if lane.title not in attempts}
        return free, again[1] if again is not None and again[1] > 0.0 else None

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

    def _part(self, deliveries: Sequence[Delivery]) -> str:
        """By what an outage of their page is known: the title as it is asked for, which is never forgotten."""
        return self._asked(deliveries[0].entry.origin)

    def _title(self, origin: Origin) -> str:
        """Where its entries go, after redirects, as far as that is known."""
        return self._pages.title(self._asked(origin), self._clock())

    async def _deliver(self, lane: Lane, due: Due) -> None:
        """Go one step with what is due in a lane."""
        batch = await self._chosen(lane, due)
        if not batch.due:
            return  # an operator has dropped it just now
        try:
            begun = await self._journal.begin(batch.id, self._wiki.name, batch.title, batch.due, self._now())
            if begun > TOGETHER and len(batch.due) > 1:
                # One of them is to blame, or none: whoever stopped us by hand or by chance.
                self._portions.alone(batch.title)
                await self._journal.withdraw(batch.id, self._now(), may_come=False)
            elif begun > FRUITLESS:
                await self._park(batch.id, batch.title, batch.due, "it stopped labsbot itself again and again")
            else:
                await self._attempt(batch)
        except NotDue:
            return  # an operator has dropped one of them just now
        except JournalFailure:
            self._unrecorded.add(batch.id)
            raise

    async def _chosen(self, lane: Lane, due: Due) -> _Batch:
        """What of it is tried now: written alike, as much as may go together."""
        settings = self._settings_for(due.origins[0])
        portion = self._portions.next(lane, due)
        title, found = lane.title, [due.parked] if due.parked else []
        if due.parked:
            title = self._title(due.origins[0])
        else:
            alike = [origin for origin in due.origins if self._settings_for(origin) == settings]
            found = await self._journal.pending(alike, portion.entries, portion.sender, portion.without)
        return _Batch(secrets.token_hex(6), lane, title, settings, portion.of(found), portion)

    async def _attempt(self, batch: _Batch) -> None:
        """Look at the page or write to it; here, and only here, is decided what each failure leads to."""
        title = batch.title
        try:
            made = await self._plan(batch)
            if made is None:
                # With what is known now, more may be due for that page: it is sorted anew.
                await self._journal.withdraw(batch.id, self._now(), may_come=False)
                return
            if made.doubtful:
                # Not sent again: people do move lines. Not believed either: anybody may put an id into a comment.
                await self._park(batch.id, title, made.doubtful, NOT_AN_ENTRY)
                return
            batch = replace(batch, due=made.carried)
            await self._send(batch, made)
        except Conflict as failure:
            self._doubt(title, batch.due)
            await self._once_more(batch, failure)
        except LoggedOut as failure:
            self._logged_in = False
            await self._try_again(batch, failure, at_once=self._login_helped)
        except Unavailable as failure:
            await self._try_again(batch, failure, at_once=False)
        except Unknown as failure:
            self._left_open(title, failure.retry_after)
            await self._journal.doubt(batch.id, failure.cause, str(failure), self._next_try(Lane(title)))
            self._report.failed(self._part(batch.due), failure, f"no telling whether attempt {batch.id} was saved")
        except (RefusedText, TooLarge) as failure:
            await self._divide(batch, failure)
        except Refused as failure:
            await self._hinder(batch, failure, Hindrance.PAGE)
        except JournalFailure:
            raise
        except Exception:  # the guard of one batch: whatever it is, the other pages go on
            self._left_open(title)
            log.exception("attempt %s at %r with %s failed unexpectedly", batch.id, title, ids(batch.due))

    async def _plan(self, batch: _Batch) -> Plan | None:
        """What is to be sent; None: it was found out what page that is, and nothing more."""
        title, settings = batch.title, batch.settings
        due = within(settings, batch.due, self._largest)
        if not self._logged_in:
            await self._log_in()
        in_doubt = [delivery for delivery in due if self._is_in_doubt(delivery)]
        known = self._pages.known(title)
        # What is in doubt may stand in another section, or nowhere any more: of that a copy knows nothing.
        if isinstance(known, Copy) and (in_doubt or not known.serves(settings, {each.log_day for each in due})):
            known = None
        if known is None:
            page = await self._read(self._wiki.look, title)
            self._pages.looked(title, page, self._clock())
            self._schedule.looked({batch.lane, replace(batch.lane, title=page.title)}, self._clock())
            return None
        if isinstance(known, Copy):
            made = from_copy(batch.id, known, due)
            if made.doubtful:
                self._doubt(title, made.doubtful)  # its history and all of it are looked at before anything is said
                return None
            return made
        if in_doubt and (found := await self._there_already(known, settings, in_doubt)):
            return found
        if known.revision is None or known.to_be_replaced:
            return new_page(batch.id, known, settings, due)
        return await self._from_section(batch.id, known, settings, due)

    async def _from_section(
        self, batch: str, page: Page, settings: PageSettings, due: Sequence[Delivery]
    ) -> Plan | None:
        """What is to be sent to the section that is read for it; None: it was found out that it is none of a day."""
        part = first_range(page, settings, due)
        text = await self._read(self._wiki.section, page, part.place.section)
        if not wikitext.is_dated_by_the_wiki(text, part.place):
            return from_text(batch, page, settings, part, text)
        # Where our entries go, another day may stand tomorrow: all such headings are left out, and it is looked anew.
        whole_text = await self._read(self._wiki.text, page.title)
        sections = wikitext.with_changing(page.sections, part.place.section, whole_text)
        self._pages.learned(replace(page, sections=sections))
        return None

    async def _there_already(self, page: Page, settings: PageSettings, in_doubt: Sequence[Delivery]) -> Plan | None:
        """What of these came after it was given up, or stands on the page, wherever, or may; None: nothing does."""
        given_up = await self._journal.given_up(self._now() - REMEMBERED)
        if arrived := await self._settler.came_after_all(given_up, page, settings, in_doubt, self._now()):
            log.info("attempt %s at %r was saved after all", arrived.batch, page.title)
            return Plan(replace(page, url=arrived.url), None, arrived.carried, None)
        if page.revision is None or page.to_be_replaced:
            return None
        text = await self._read(self._wiki.text, page.title)
        anchored = wikitext.ids_anchored(text)
        there = tuple(delivery for delivery in in_doubt if delivery.entry.id in anchored)
        if not there:
            return None
        ids = wikitext.ids_standing(text, settings)
        standing = tuple(delivery for delivery in there if delivery.entry.id in ids)
        return Plan(page, None, standing, None, () if standing else there)

    async def _send(self, batch: _Batch, made: Plan) -> None:
        """Send the edit once, if there is one, and record what was delivered."""
        title, revision = made.page.title, made.page.revision
        if made.edit is not None:
            await self._journal.intend(batch.id, made.edit, made.carried)
            log.info("attempted %s on %r (attempt %s)", ids(made.carried), title, batch.id)
            try:
                saved = await self._worker.call(self._wiki.save, made.edit, deadline=SAVE)
            except Warned:  # nothing was saved, and whoever means it sends the same again
                saved = await self._worker.call(self._wiki.save, made.edit, deadline=SAVE)
            self._pages.saved(made.copy, title, made.edit.base, saved)
            self._portions.accepted(batch.lane, batch.portion, made.carried)
            revision = saved.revision or revision
        await self._journal.delivered(batch.id, made.carried, made.page.url, revision, self._now())
        await asyncio.sleep(0)  # who waits to be told comes to the journal before what is next
        self._schedule.answered(batch.lane, self._clock())
        self._login_helped = True
        self._conflicts.pop(title, None)
        log.info("delivered %s to %r (attempt %s)", ids(made.carried), title, batch.id)
        await self._went_through(title, made.carried)

    async def _went_through(self, title: str, carried: Sequence[Delivery]) -> None:
        self._doubted.difference_update(delivery.number for delivery in carried)
        self._recovered(carried, len(carried))
        if freed := await self._again.went_through(title, carried):
            log.info("%d parked for %r are due again: what hindered them does so no more", freed, title)

    def _recovered(self, deliveries: Sequence[Delivery], entries: int) -> None:
        for part in {self._asked(delivery.entry.origin) for delivery in deliveries}:
            self._report.recovered(part, entries)
            entries = 0

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
            self._report.failed(self._part(carried), failure, f"still no telling whether attempt {batch} was saved")
            self._schedule.failed(Lane(title), self._clock(), failure.retry_after)
            await self._journal.doubt(batch, failure.cause, str(failure), self._next_try(Lane(title)))
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
                self._schedule.answered(Lane(title), self._clock())
                await self._journal.delivered(batch, carried, verdict.url, verdict.revision, self._now())
                log.info("delivered %s to %r, as its history shows (attempt %s)", ids(carried), verdict.title, batch)
                await self._went_through(title, carried)
            case NotSaved(may_come):
                self._schedule.heard(self._clock())
                self._doubt(title, carried)
                await self._give_back(batch, may_come)
                log.info("attempt %s at %r was not saved", batch, title)
            case Open(cause):
                self._schedule.failed(Lane(title), self._clock())
                await self._journal.doubt(batch, cause, None, self._next_try(Lane(title)))
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

    async def _try_again(self, batch: _Batch, failure: WikiFailure, at_once: bool, cause: str | None = None) -> None:
        """Nothing was saved: again, at once or after a while. `cause`: what people may hear if it is at once."""
        if at_once:
            log.info("trying again %s on %r: %s", ids(batch.due), batch.title, failure)
        else:
            seconds = self._schedule.failed(batch.lane, self._clock(), failure.retry_after)
            words = f"postponed {ids(batch.due)} for at most {seconds:.0f} s"
            if batch.is_parked:
                log.debug("%r: %s: %s", batch.title, words, failure)  # nobody waits for it
            else:
                self._report.failed(self._part(batch.due), failure, words)
        cause = None if batch.is_parked else cause if at_once else failure.cause
        next_try = self._next_try(batch.lane)
        await self._journal.postpone(batch.id, batch.due, cause, self._now(), str(failure), next_try)

    async def _once_more(self, batch: _Batch, failure: Conflict) -> None:
        """Others changed the page before us: at once, or after a while that grows as long as they go on."""
        self._conflicts[batch.title] += 1
        beyond = self._conflicts[batch.title] - AT_ONCE
        if beyond < 0:
            await self._try_again(batch, failure, at_once=True)
            return
        # The wiki answers, and the page works: only the peace is missing.
        self._schedule.rest(batch.lane, self._clock(), limit(beyond + 1))
        cause, next_try = None, self._next_try(batch.lane)
        if not batch.is_parked:
            cause = failure.cause
            self._report.failed(self._part(batch.due), failure, f"postponed {ids(batch.due)}")
        await self._journal.postpone(batch.id, batch.due, cause, self._now(), str(failure), next_try)

    def _next_try(self, lane: Lane) -> datetime:
        return self._now() + timedelta(seconds=self._schedule.due_in(lane, self._clock()))

    async def _divide(self, batch: _Batch, failure: RefusedText | TooLarge) -> None:
        """Refused for what it carries: with fewer entries at once, or parked if it was one alone."""
        if isinstance(failure, TooLarge):
            alone, hindrance = self._portions.too_large(batch.lane, batch.due), Hindrance.SIZE
        else:
            alone, hindrance = self._portions.refused(batch.lane, batch.due), Hindrance.TEXT
            # Once freed and refused again, it is their text all the same: else each success would send it once more.
            if self._portions.is_page(batch.title) and all(each.refusals < PAGE_BLAMED for each in batch.due):
                hindrance = Hindrance.PAGE
                self._again.blame(batch.title)
        if alone:
            await self._hinder(batch, failure, hindrance)
        else:
            await self._try_again(batch, failure, at_once=True, cause=SORTING)
        if (seconds := self._portions.rest(batch.lane)) is not None:
            self._schedule.rest(batch.lane, self._clock(), seconds)

    async def _hinder(self, batch: _Batch, failure: Refused, hindrance: Hindrance) -> None:
        """Park what the wiki refuses, until somebody mends that or it is tried again."""
        again = await self._again.refused(batch.title, batch.due, hindrance)
        await self._park(batch.id, batch.title, batch.due, failure.cause, str(failure), hindrance, again)
        self._schedule.answered(batch.lane, self._clock())
        if batch.is_parked:
            self._schedule.rest(AGAIN, self._clock(), SPACED)

    def _left_open(self, title: str, retry_after: float | None = None) -> None:
        self._unsettled = True
        self._pages.forget(title)
        self._schedule.failed(Lane(title), self._clock(), retry_after)

    def _doubt(self, title: str, deliveries: Iterable[Delivery]) -> None:
        """Before these are sent again, they are looked for in the history and on the whole page, whichever that is."""
        self._pages.forget(title)
        self._doubted.update(delivery.number for delivery in deliveries)

    def _is_in_doubt(self, delivery: Delivery) -> bool:
        return delivery.number in self._doubted or self._earlier is None or delivery.number <= self._earlier

    async def _park(
        self,
        batch: str,
        title: str,
        due: Sequence[Delivery],
        cause: str,
        failure: str | None = None,
        hindrance: Hindrance | None = None,
        again: datetime | None = None,
    ) -> None:
        self._doubt(title, due)
        self._schedule.answered(Lane(title), self._clock())
        self._recovered(due, 0)
        await self._journal.park(batch, due, cause, self._now(), failure, hindrance, again)
        then = f"tried again at {again:%Y-%m-%d %H:%M} UTC" if again else "an operator has to look"
        log.error("parked %s for %r: %s; %s", ids(due), title, cause, then)
