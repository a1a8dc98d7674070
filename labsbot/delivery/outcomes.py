"""What a batch met with comes in; what that leads to is recorded: again at once, after a while, in parts, or parked.

It alone decides when something is tried again; it asks the wiki nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from labsbot.delivery.again import SPACED
from labsbot.delivery.batch import EditBatch
from labsbot.delivery.lanes import AGAIN, Lane
from labsbot.delivery.memory import Memory, Times
from labsbot.delivery.report import ids
from labsbot.delivery.schedule import PROBE, limit
from labsbot.model import Conflict, Delivery, DeliveryState, Hindrance, Refused, RefusedText, TooLarge, WikiFailure

log = logging.getLogger("labsbot.delivery")

AT_ONCE = 5
"""How often a page is read and tried again at once, before others who keep changing it are waited for."""
IN_VAIN = 8
"""Looks at a page without anything that comes of them, from which on others go between."""
PAGE_BLAMED = 2
"""So often what a wiki refuses for its text is taken for the doing of the page, where others are refused as well."""
SORTING = "the wiki refuses some of what waits, and it is being found out which"
"""Why what goes together with something that is refused is not there yet."""


class OutcomeJournal(Protocol):
    """What is asked of the journal here."""

    async def delivered(
        self, batch: str, deliveries: Sequence[Delivery], url: str, revision: int | None, now: datetime
    ) -> None: ...
    async def leave(self, batch: str, deliveries: Sequence[Delivery], cause: str, url: str, now: datetime) -> None: ...
    async def abandon(self, batch: str, now: datetime, may_come: bool) -> None: ...
    async def withdraw(self, batch: str, now: datetime, may_come: bool) -> None: ...
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


class Outcomes:
    """Of the batches for one wiki."""

    def __init__(self, journal: OutcomeJournal, memory: Memory, times: Times, part: Callable[[Delivery], str]) -> None:
        """`part` says by what an outage of a delivery's page is known."""
        self._journal = journal
        self._schedule = memory.schedule
        self._doubts = memory.doubts
        self._pages = memory.pages
        self._portions = memory.portions
        self._again = memory.again
        self._report = memory.report
        self._now = times.now
        self._clock = times.clock
        self._part = part
        self._conflicts: Counter[str] = Counter()
        self._looks: Counter[str] = Counter()
        """How often a page was looked at since something came there."""
        self._unrecorded: set[str] = set()
        """Batches that ended without a result because the journal failed: that was not their doing."""
        self._unsettled = True
        """There may be attempts without a result: at the start, and whenever one ended without."""

    # --- attempts without a result

    @property
    def unsettled(self) -> bool:
        return self._unsettled

    def still_open(self, batches: Collection[str]) -> None:
        """These alone have no result."""
        self._unsettled = bool(batches)
        # The others are over, or were never begun: a full disk would leave one behind with each try.
        self._unrecorded.intersection_update(batches)

    def journal_failed(self, batch: str | None = None) -> None:
        """Of this batch, or of none that we know, the result could not be recorded."""
        self._unsettled = True
        if batch is not None:
            self._unrecorded.add(batch)

    def left_open(self, title: str, retry_after: float | None = None) -> None:
        """There is no result: before anything else is sent to the page, it is looked for."""
        self._unsettled = True
        self._pages.forget(title)
        self._schedule.failed(Lane(title), self._clock(), retry_after)

    async def doubt(
        self,
        batch: str,
        title: str,
        cause: str,
        failure: WikiFailure | None = None,
        carried: Sequence[Delivery] = (),
        words: str = "",
    ) -> None:
        """Nobody knows whether it was saved: it is looked for after a while. For the log: `words` of a `failure`."""
        self.left_open(title, failure.retry_after if failure else None)
        await self._journal.doubt(batch, cause, str(failure) if failure else None, self._next_try(Lane(title)))
        if failure is None:
            log.info("attempt %s at %r is looked for again: %s", batch, title, cause)
        else:
            self._report.failed(self._part(carried[0]), failure, words)

    async def not_saved(self, batch: str, title: str, carried: Sequence[Delivery], may_come: bool) -> None:
        """It was found out that an attempt has saved nothing; `may_come`: it may still be on its way."""
        self._schedule.heard(self._clock())
        self.look_again(title, carried)
        await self.give_back(batch, may_come)
        log.info("attempt %s at %r was not saved", batch, title)

    async def give_back(self, batch: str, may_come: bool) -> None:
        """Nothing was saved; what the attempt carried is due again, and that counts unless the journal was at fault."""
        if batch in self._unrecorded:
            await self._journal.withdraw(batch, self._now(), may_come)
            self._unrecorded.discard(batch)
        else:
            await self._journal.abandon(batch, self._now(), may_come)

    def look_again(self, title: str, deliveries: Iterable[Delivery]) -> None:
        """Before these are sent again, they are looked for in the history and on the whole page, whichever that is."""
        self._pages.forget(title)
        self._doubts.add(deliveries)

    async def looked(self, batch: EditBatch, title: str) -> None:
        """More is known of the page, and nothing was sent: with that, more may be due for it, and it is sorted anew."""
        self._schedule.looked({batch.lane, replace(batch.lane, title=title)}, self._clock())
        self._looks[batch.title] += 1
        if self._looks[batch.title] > IN_VAIN:
            self._schedule.rest(batch.lane, self._clock(), PROBE)
        await self._journal.withdraw(batch.id, self._now(), may_come=False)

    # --- it stands there

    async def stands(
        self, batch: str, lane: Lane, title: str, carried: Sequence[Delivery], url: str, revision: int | None
    ) -> None:
        """These stand on the page; whatever is parked there for the same may go through now, too."""
        await self._journal.delivered(batch, carried, url, revision, self._now())
        await asyncio.sleep(0)  # who waits to be told comes to the journal before what is next
        self._schedule.answered(lane, self._clock())
        self._conflicts.pop(title, None)
        self._looks.pop(lane.title, None)
        self._doubts.settle(carried)
        log.info("delivered %s to %r (attempt %s)", ids(carried), title, batch)
        self._recovered(carried, len(carried))
        if freed := await self._again.went_through(title, carried):
            log.info("%d parked for %r are due again: what hindered them does so no more", freed, title)

    async def leave(self, batch: EditBatch, left: Sequence[Delivery], why: str, url: str) -> None:
        """What people have made of these lines stays."""
        self._pages.forget(batch.title)  # it may be long until something is sent
        await self._journal.leave(batch.id, left, why, url, self._now())
        self._schedule.answered(batch.lane, self._clock())
        log.info("left %s on %r alone: %s", ids(left), batch.title, why)

    def _recovered(self, deliveries: Sequence[Delivery], entries: int) -> None:
        for part in {self._part(delivery) for delivery in deliveries}:
            self._report.recovered(part, entries)
            entries = 0

    # --- it will be tried again

    async def try_again(self, batch: EditBatch, failure: WikiFailure, at_once: bool, cause: str | None = None) -> None:
        """Nothing was saved: again, at once or after a while. `cause`: what people may hear if it is at once."""
        if at_once:
            log.info("trying again %s on %r: %s", ids(batch.due), batch.title, failure)
        else:
            seconds = self._schedule.failed(batch.lane, self._clock(), failure.retry_after)
            words = f"postponed {ids(batch.due)} for at most {seconds:.0f} s"
            if batch.is_parked:
                log.debug("%r: %s: %s", batch.title, words, failure)  # nobody waits for it
            else:
                self._report.failed(self._part(batch.due[0]), failure, words)
        cause = None if batch.is_parked else cause if at_once else failure.cause
        next_try = self._next_try(batch.lane)
        await self._journal.postpone(batch.id, batch.due, cause, self._now(), str(failure), next_try)

    async def once_more(self, batch: EditBatch, failure: Conflict) -> None:
        """Others changed the page before us: at once, or after a while that grows as long as they go on."""
        self.look_again(batch.title, batch.due)
        self._conflicts[batch.title] += 1
        beyond = self._conflicts[batch.title] - AT_ONCE
        if beyond < 0:
            await self.try_again(batch, failure, at_once=True)
            return
        # The wiki answers, and the page works: only the peace is missing.
        self._schedule.rest(batch.lane, self._clock(), limit(beyond + 1))
        cause, next_try = None, self._next_try(batch.lane)
        if not batch.is_parked:
            cause = failure.cause
            self._report.failed(self._part(batch.due[0]), failure, f"postponed {ids(batch.due)}")
        await self._journal.postpone(batch.id, batch.due, cause, self._now(), str(failure), next_try)

    async def divide(self, batch: EditBatch, failure: RefusedText | TooLarge) -> None:
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
            await self.hinder(batch, failure, hindrance)
        else:
            await self.try_again(batch, failure, at_once=True, cause=SORTING)
        if (seconds := self._portions.rest(batch.lane)) is not None:
            self._schedule.rest(batch.lane, self._clock(), seconds)

    def _next_try(self, lane: Lane) -> datetime:
        return self._now() + timedelta(seconds=self._schedule.due_in(lane, self._clock()))

    # --- it is parked

    async def hinder(self, batch: EditBatch, failure: Refused, hindrance: Hindrance) -> None:
        """Park what the wiki refuses, until somebody mends that or it is tried again."""
        due = batch.due
        if batch.is_parked:  # what was changed about it meanwhile goes on waiting for it
            due = [delivery for delivery in due if delivery.state is DeliveryState.PARKED] or due
        again = await self._again.refused(batch.title, due, hindrance)
        await self.park(batch.id, batch.title, due, failure.cause, str(failure), hindrance, again)
        self._schedule.answered(batch.lane, self._clock())
        if batch.is_parked:
            self._schedule.rest(AGAIN, self._clock(), SPACED)

    async def park(
        self,
        batch: str,
        title: str,
        due: Sequence[Delivery],
        cause: str,
        failure: str | None = None,
        hindrance: Hindrance | None = None,
        again: datetime | None = None,
    ) -> None:
        """Leave these to an operator; with a hindrance, they are tried `again` by themselves, too."""
        self.look_again(title, due)
        self._schedule.answered(Lane(title), self._clock())
        self._recovered(due, 0)
        await self._journal.park(batch, due, cause, self._now(), failure, hindrance, again)
        then = f"tried again at {again:%Y-%m-%d %H:%M} UTC" if again else "an operator has to look"
        log.error("parked %s for %r: %s; %s", ids(due), title, cause, then)
