"""The way back for whoever waits: the id of what was accepted comes in, what became of it goes out.

People on IRC are told by the announcer; a script waits for its answer. However many wait, the journal is asked for all
of them at once, whenever it has news.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from labsbot.model import DeliveryState, JournalFailure, Kept

log = logging.getLogger("labsbot.desk.receipts")

BETWEEN = 0.1
"""Seconds between two looks, at least: when much is going on, one of them is for many."""
AGAIN = 5.0
"""Seconds after which a journal is asked again that could not be read."""


class KeptJournal(Protocol):
    """What is asked of the journal here."""

    def listen(self) -> asyncio.Event: ...
    async def kept(self, entry_ids: Sequence[str]) -> list[Kept]: ...


@dataclass(frozen=True, slots=True)
class Became:
    """What became of an entry, or of a change of one, in all its logs together."""

    state: DeliveryState
    urls: tuple[str, ...] = ()
    """Where it stands on the wiki."""
    causes: tuple[str, ...] = ()
    """Why it does not, in words for people; each with its log where there are several."""


def became(kept: Kept, asked: str) -> Became:
    """What became of an entry or change, by its id; of several logs, what is least done counts."""
    owed = [each for each in kept.deliveries if each.id == asked]
    state = min((each.state for each in owed), key=_ORDER.index, default=DeliveryState.DROPPED)
    several = len(owed) > 1
    return Became(
        state,
        tuple(each.url for each in owed if each.state is DeliveryState.DELIVERED and each.url),
        tuple(
            f"{each.log.project}: {each.cause}" if several else each.cause
            for each in owed
            if each.cause and each.state is not DeliveryState.DELIVERED
        ),
    )


_ORDER = (
    DeliveryState.PENDING,
    DeliveryState.PARKED,
    DeliveryState.LEFT,
    DeliveryState.DELIVERED,
    DeliveryState.DROPPED,
)


class Receipts:
    """Tells those who wait. `run` until cancelled."""

    def __init__(self, journal: KeptJournal) -> None:
        self._journal = journal
        self._news = journal.listen()
        self._waiting: dict[str, list[asyncio.Future[Became]]] = {}

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._look()
                await asyncio.sleep(BETWEEN)
            except JournalFailure as failure:
                log.error("what scripts wait for cannot be read: %s", failure)
                await asyncio.sleep(AGAIN)
                self._news.set()

    def look(self) -> None:
        """Somebody else may have written into the journal."""
        if self._waiting:
            self._news.set()

    async def settled(self, asked: str, seconds: float) -> Became | None:
        """What became of the entry or change with this id, as soon as it waits no more; after `seconds`, None."""
        future: asyncio.Future[Became] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asked, []).append(future)
        self._news.set()
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            self._waiting[asked].remove(future)
            if not self._waiting[asked]:
                del self._waiting[asked]

    async def _look(self) -> None:
        if not self._waiting:
            return
        for kept in await self._journal.kept(list(self._waiting)):
            for asked in (kept.entry.id, *(change.id for change in kept.changes)):
                found = became(kept, asked) if asked in self._waiting else None
                if found is None or found.state is DeliveryState.PENDING:
                    continue
                for future in self._waiting[asked]:
                    if not future.done():
                        future.set_result(found)
