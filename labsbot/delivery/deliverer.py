"""Pending deliveries in, entries on the wiki out: sends one edit per page, once, and records what came of it.

Here is decided whose turn it is; `planner` says what is sent, `attempts` sends it, `outcomes` records what came of it,
and `schedule` says when a page is tried again. It never speaks to a channel and never decides what is logged: it meets
the rest of the house in the journal alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from labsbot.delivery.again import Again, HinderedJournal
from labsbot.delivery.archiver import Archiver, MoveJournal
from labsbot.delivery.attempts import EditAttempts, IntentJournal
from labsbot.delivery.batch import EditBatch
from labsbot.delivery.doubts import Doubts
from labsbot.delivery.known_pages import Pages
from labsbot.delivery.lanes import AGAIN, Due, Lane, LaneKind, sorted_out
from labsbot.delivery.memory import Memory, Times
from labsbot.delivery.outcomes import OutcomeJournal, Outcomes
from labsbot.delivery.planner import Planner, SentBefore
from labsbot.delivery.portions import PLENTY, Portions, entries_in
from labsbot.delivery.report import Report
from labsbot.delivery.rounds import PAGES, Round
from labsbot.delivery.schedule import Schedule
from labsbot.delivery.settle import EditWorker, Settler
from labsbot.model import Attempt, Delivery, DeliveryState, JournalFailure, Log, NotDue, Outstanding, Wiki
from labsbot.settings import LARGEST_EDIT, LONGEST_QUICK, PageSettings

TOGETHER = 2
"""So many attempts in a row may die without a result before fewer of their deliveries are sent together."""
FEW = 32
"""So many then, once; from then on each is sent alone."""
FRUITLESS = 4
"""So many in a row before one that is sent alone is parked; a service manager still starts us again (systemd: 5)."""
RECORD = 5.0
"""Seconds after which a journal that failed is tried again."""


class DueJournal(HinderedJournal, Protocol):
    """What is asked here of what waits."""

    async def outstanding(self) -> Outstanding: ...
    async def pending(
        self, logs: Sequence[Log], most: int, sender: str | None, without: Sequence[str]
    ) -> list[Delivery]: ...
    async def changes_waiting(self, parked: Delivery) -> list[Delivery]: ...
    async def come_due(self, until: datetime) -> None: ...
    async def newest(self) -> int: ...


class AttemptJournal(IntentJournal, OutcomeJournal, SentBefore, Protocol):
    """What is asked here of what is under way."""

    async def open_attempts(self) -> list[Attempt]: ...
    async def begin(self, batch: str, wiki: str, title: str, deliveries: Sequence[Delivery], now: datetime) -> int: ...


class DeliveryBacklog(Protocol):
    async def backlog(self) -> dict[DeliveryState, tuple[int, datetime]]: ...


class DeliveryJournal(Protocol):
    """The parts of the journal that delivery asks."""

    @property
    def deliveries(self) -> DueJournal: ...
    @property
    def attempts(self) -> AttemptJournal: ...
    @property
    def moves(self) -> MoveJournal: ...
    @property
    def undelivered(self) -> DeliveryBacklog: ...
    def listen(self) -> asyncio.Event: ...


class Deliverer:
    """Delivers to one wiki; `run` until `stop`."""

    def __init__(
        self,
        journal: DeliveryJournal,
        wiki: Wiki,
        worker: EditWorker,
        settings_for: Callable[[Log], PageSettings],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float], float] = lambda limit: random.uniform(0, limit),
        largest: int = LARGEST_EDIT,
    ) -> None:
        """`settings_for` says how and where entries are written; `largest` is how many bytes an edit adds at most.

        `now` gives the time in UTC; `clock` counts seconds and never goes back; `jitter` as for Schedule.
        """
        times = Times(now, clock)
        self._journal = journal
        self._settings_for = settings_for
        self._times = times
        self._wiki = wiki.name
        attempts, moves = journal.attempts, journal.moves
        again = Again(journal.deliveries, self._title, now)
        self._memory = memory = Memory(Schedule(jitter), Doubts(), Pages(), Portions(), again, Report(clock))
        self._round = Round(memory.schedule)
        settler = Settler(wiki, worker, memory.pages, settings_for, clock)
        planner = Planner(wiki, worker, attempts, moves, memory, settler, times, largest)
        self._outcomes = Outcomes(attempts, memory, times, lambda delivery: self._asked(delivery.log))
        self._archiver = archiver = Archiver(moves, wiki, worker, memory, settings_for, times, jitter, largest)
        self._attempts = EditAttempts(attempts, wiki, worker, memory, planner, settler, self._outcomes, archiver.wishes)
        self._news = journal.listen()
        self._stopping = False

    async def run(self) -> None:
        """Deliver whatever is due, page by page, until `stop`."""
        while not self._stopping:
            self._news.clear()
            try:
                await self._next()
                self._memory.report.journal_works()
            except JournalFailure as failure:
                # What was sent meanwhile is found in the wiki's history once the journal can be written again.
                self._outcomes.journal_failed()
                self._memory.report.journal_failed(failure)
                await self._rest(RECORD)

    async def _next(self) -> None:
        """Do the one thing whose turn it is, or wait until there is one."""
        if not self._memory.doubts.begun:
            self._memory.doubts.begin(await self._journal.deliveries.newest())
        if not self._outcomes.unsettled and (turn := self._round.next(self._times.clock())) is not None:
            await self._have_turn(*turn)
            return
        attempts: dict[str, Attempt] = {}
        if self._outcomes.unsettled:
            attempts = {attempt.title: attempt for attempt in await self._journal.attempts.open_attempts()}
            self._outcomes.still_open({attempt.batch for attempt in attempts.values()})
        due, until = await self._due(attempts)
        waiting = [log for lane, held in due.items() if lane != AGAIN for log in held.logs]
        waiting += [each.log for attempt in attempts.values() for each in attempt.deliveries]
        if (waited := self._memory.report.over({*map(self._asked, waiting)})) is not None:
            still, _ = (await self._journal.undelivered.backlog()).get(DeliveryState.PENDING, (0, None))
            self._memory.report.tell_over(waited + still)
        # What was refused comes last.
        possible = [lane for lane in due if lane.title not in self._archiver.wishes.full]
        lanes = sorted(possible, key=lambda lane: lane.kind is not LaneKind.ALL)
        now = self._times.clock()
        first = self._first(lanes, now)
        lane, wait = self._memory.schedule.turn([*map(Lane, attempts), *first, *lanes], now)
        if lane is None:
            archive_in = await self._archiver.step(attempts)
            if archive_in != 0.0:
                waits = (wait, until, archive_in)
                await self._rest(min((seconds for seconds in waits if seconds is not None), default=None))
        elif lane.title in attempts:
            await self._attempts.settle(attempts[lane.title])
        else:
            if lane in first:
                self._round.begin([each for each in first if each != lane], due, now)
            await self._have_turn(lane, due[lane])

    def _first(self, lanes: Iterable[Lane], now: float) -> list[Lane]:
        """Those that have waited longest and can have their turns one after the other; of those, whose page is unknown
        comes first, as it may turn out to be one of the others."""
        schedule = self._memory.schedule
        if schedule.is_shared_out(now):
            return []
        ready = (lane for lane in lanes if lane.kind is LaneKind.ALL and not schedule.due_in(lane, now))
        return sorted(islice(ready, PAGES), key=lambda lane: self._memory.pages.known(lane.title) is not None)

    async def _due(self, attempts: Collection[str]) -> tuple[dict[Lane, Due], float | None]:
        """What may be sent in each lane but to pages with an open attempt, and the seconds until more is."""
        outstanding, more_in = await self._outstanding()
        due = sorted_out(outstanding.waiting, self._title, self._memory.portions.apart)
        again_in = None
        if outstanding.hindered is not None:
            parked, when = outstanding.hindered
            again_in = self._memory.again.due_in(when) or None
            if again_in is None and self._title(parked.log) not in attempts:
                due[AGAIN] = Due([parked.log], [parked.entry.sender], parked)
        free = {lane: held for lane, held in due.items() if lane.title not in attempts}
        return free, min((seconds for seconds in (more_in, again_in) if seconds is not None), default=None)

    async def _outstanding(self) -> tuple[Outstanding, float | None]:
        """What there is to do once all has come due that waited for its end long enough, and the seconds until more
        does."""
        while (moment := (outstanding := await self._journal.deliveries.outstanding()).next_due) is not None:
            seconds = (moment - self._times.now()).total_seconds()
            if 0.0 < seconds <= LONGEST_QUICK:  # longer than that it never is: the clock was wrong when it was begun
                return outstanding, seconds
            await self._journal.deliveries.come_due(moment)
        return outstanding, None

    def stop(self) -> None:
        """Let `run` return once the edit under way has its answer."""
        self._stopping = True
        self._news.set()

    def archive(self, log: Log) -> str | None:
        """Have the old days of its page moved to archives, whatever its size; returns the page's title by the settings.
        None: by those, nothing ever is."""
        title = self._asked(log)
        if not self._archiver.wishes.asked(title, log):
            return None
        self._news.set()
        return title

    @property
    def archived(self) -> Mapping[str, str | None]:
        """Of those pages: why nothing more moves, empty where all did; None: it is not over yet."""
        return self._archiver.wishes.told

    async def _rest(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _asked(self, log: Log) -> str:
        """Its page by the configuration: by that an outage of it is known, for it is never forgotten."""
        return self._settings_for(log).title_for(log.project)

    def _title(self, log: Log) -> str:
        """Where its entries go, after redirects, as far as that is known."""
        return self._memory.pages.title(self._asked(log), self._times.clock())

    async def _have_turn(self, lane: Lane, due: Due) -> None:
        """Go one step with what is due in a lane; the round goes on where that was done as it should be."""
        goes_on = False
        try:
            goes_on = await self._deliver(lane, due)
        finally:
            if not goes_on:
                self._round.end()

    async def _deliver(self, lane: Lane, due: Due) -> bool:
        """Go one step; whether what is due otherwise is as it was."""
        batch = await self._chosen(lane, due)
        if not batch.due:
            return True  # an operator has dropped it just now
        try:
            begun = await self._journal.attempts.begin(batch.id, self._wiki, batch.title, batch.due, self._times.now())
            if entries_in(batch.due) > (most := _together(begun)):
                # One of them is to blame, or none: whoever stopped us by hand or by chance.
                self._memory.portions.at_most(batch.title, most)
                await self._journal.attempts.withdraw(batch.id, self._times.now(), may_come=False)
                return False
            if begun > FRUITLESS:
                await self._outcomes.park(batch.id, batch.title, batch.due, "it stopped labsbot itself again and again")
                return False
            return await self._attempts.begin(batch)
        except NotDue:
            return True  # an operator has dropped one of them just now
        except JournalFailure:
            self._outcomes.journal_failed(batch.id)
            raise

    async def _chosen(self, lane: Lane, due: Due) -> EditBatch:
        """What of it is tried now: written alike, as much as may go together."""
        settings = self._settings_for(due.logs[0])
        portion = self._memory.portions.next(lane, due)
        title = lane.title
        if due.parked:
            title = self._title(due.logs[0])
            found = [due.parked, *await self._journal.deliveries.changes_waiting(due.parked)]
        else:
            alike = [log for log in due.logs if self._settings_for(log) == settings]
            found = await self._journal.deliveries.pending(alike, portion.entries, portion.sender, portion.without)
        unknown = [each for each in self._round.titles if self._memory.pages.known(each) is None]
        return EditBatch(secrets.token_hex(6), lane, title, settings, portion.of(found), portion, unknown)


def _together(begun: int) -> int:
    """How many may be tried together that have been begun so often without a result, this time included."""
    return PLENTY if begun <= TOGETHER else FEW if begun == TOGETHER + 1 else 1
