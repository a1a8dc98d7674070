"""Is the bot well: what the rooms show comes in; why it is not of use, and signs that it lives, go out.

A row of the journal tells processes beside the bot, and the service manager is told by `edge.notify`. It hears of life
from a loop that has seen the journal answer and what is said on IRC be dealt with; what both say does not matter for
that: a full disk or a network that is away is not mended by another start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from labsbot.edge.notify import Notifier
from labsbot.model import BotStatus, DeliveryState, JournalFailure

EVERY = 15.0
"""Seconds between two rows."""
LOOK = 5.0
"""Seconds between two looks at the rooms."""
OFFLINE = 120.0
"""Seconds without any network after which the bot is not of use."""
STUCK = 60.0
"""Seconds after which whoever has not answered does not live any more."""
SEEN = timedelta(seconds=60)
"""A bot that was seen last so long ago is not there."""

Backlog = Mapping[DeliveryState, tuple[int, datetime]]
"""What is not on the wiki: how many deliveries, and when the oldest was accepted."""


class BacklogJournal(Protocol):
    async def backlog(self) -> Backlog: ...


class SeenJournal(Protocol):
    @property
    def undelivered(self) -> BacklogJournal: ...
    @property
    def failure(self) -> JournalFailure | None: ...
    @property
    def is_rewritten(self) -> bool: ...
    async def note(self, status: BotStatus) -> None: ...


class SeenNetworks(Protocol):
    def online(self) -> Mapping[str, bool]: ...
    def presences(self) -> Mapping[tuple[str, str], bool]: ...
    def held_up(self) -> float:
        """Seconds for which something was heard and nothing was dealt with."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What was seen of the rooms."""

    failure: str | None = None
    """Why what was to be written last could not be."""
    unanswered: float = 0.0
    """Seconds since the journal answered."""
    is_rewritten: bool = False
    """The journal is written anew, for which everybody waits."""
    held_up: float = 0.0
    """Seconds for which what was heard on IRC waits, and nothing of it is dealt with."""
    offline: float = 0.0
    """Seconds since any network was online."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the bot is not of use; empty: it is. What waits or is parked is no reason."""
        found = []
        if self.failure is not None:
            found.append(f"the journal cannot be written: {self.failure}")
        if self.unanswered > STUCK:
            found.append(f"the journal has not answered for {self.unanswered:.0f} s")
        if self.held_up > STUCK:
            found.append(f"what was said on IRC has not been dealt with for {self.held_up:.0f} s")
        if self.offline > OFFLINE:
            found.append(f"no network has been online for {self.offline:.0f} s")
        return tuple(found)

    @property
    def of_life(self) -> bool:
        """Another start would mend nothing."""
        return self.is_rewritten or max(self.unanswered, self.held_up) <= STUCK


class Heartbeat:
    """Remembers when the rooms were well last, and tells it, while it runs."""

    def __init__(
        self,
        journal: SeenJournal,
        networks: SeenNetworks,
        notifier: Notifier,
        monotonic: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._journal = journal
        self._networks = networks
        self._notifier = notifier
        self._monotonic = monotonic
        self._now = now
        self._answered = self._online = monotonic()

    def signs(self) -> Signs:
        """What is seen now."""
        now = self._monotonic()
        if any(self._networks.online().values()):
            self._online = now
        failure = self._journal.failure
        return Signs(
            None if failure is None else str(failure),
            now - self._answered,
            self._journal.is_rewritten,
            self._networks.held_up(),
            now - self._online,
        )

    def reasons(self) -> tuple[str, ...]:
        """Why the bot is not of use; empty: it is."""
        return self.signs().reasons

    async def run(self) -> None:
        """Tell it again and again, until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._keep_noting())
            both.create_task(self._keep_looking())

    async def _keep_noting(self) -> None:
        while True:
            await self.note()
            await asyncio.sleep(EVERY)

    async def _keep_looking(self) -> None:
        seconds = min(LOOK, (self._notifier.watchdog or LOOK) / 3)
        while True:
            self.look()
            await asyncio.sleep(seconds)

    async def note(self) -> None:
        """Write the row, and tell people in one line. That the journal fails is an answer, too."""
        seen = replace(self.signs(), unanswered=0.0)  # who reads the row sees that the journal has answered
        try:
            await self._journal.note(BotStatus(self._now(), seen.reasons))
            waiting = await self._journal.undelivered.backlog()
        except JournalFailure as failure:
            self._notifier.status(f"the journal fails: {failure}"[:200])
        else:
            self._notifier.status(in_one_line(self._networks, waiting))
        self._answered = self._monotonic()

    def look(self) -> None:
        """Look at the rooms, and say that we live where they do."""
        if self.signs().of_life:
            self._notifier.alive()


def in_one_line(networks: SeenNetworks, backlog: Backlog) -> str:
    """For people: ``3 networks, 12 channels, 0 waiting``, and what is missing of that."""
    online, present = networks.online(), networks.presences()
    states = [
        _of(sum(online.values()), len(online), "network"),
        _of(sum(present.values()), len(present), "channel"),
        f"{backlog[DeliveryState.PENDING][0] if DeliveryState.PENDING in backlog else 0} waiting",
    ]
    if DeliveryState.PARKED in backlog:
        states.append(f"{backlog[DeliveryState.PARKED][0]} parked")
    return ", ".join(states)


def _of(there: int, all_of_them: int, what: str) -> str:
    named = what if all_of_them == 1 else f"{what}s"
    return f"{there} {named}" if there == all_of_them else f"{there} of {all_of_them} {named}"


def seen_from_beside(status: BotStatus | None, now: datetime) -> tuple[str, ...]:
    """Why a bot is not of use, by what a process beside it sees."""
    if status is None:
        return ("no bot has run here yet",)
    if now - status.noted > SEEN:
        return (f"the bot was seen last {(now - status.noted).total_seconds():.0f} s ago",)
    return status.reasons
