"""A question comes in; its last good answer is at hand at any time, and the question is put again in the background.

What failed is logged once, with the age of the answer that serves meanwhile. What the question is, and how long it may
take, is not known here. The clock is handed in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from labsbot.refreshed.failure import SourceFailure
from labsbot.refreshed.kept import Keep

log = logging.getLogger("labsbot.refreshed")

T = TypeVar("T", bound=Collection[Any])

FIRST_PAUSE = 2.0
"""Seconds after the first failure; twice as much after each further one."""
DOUBTS = 2
"""So many empty answers in a row are not believed where there was something before; the next one is."""
KEPT_AGAIN = timedelta(minutes=1)
"""An answer that did not change is written again only after this, for its time."""


class Refreshed(Generic[T]):
    """The last good answer to a question; ``run`` keeps it fresh."""

    def __init__(
        self,
        name: str,
        ask: Callable[[], Awaitable[T]],
        every: float,
        keep: Keep[T] | None,
        now: Callable[[], datetime],
        *,
        doubt_empty: bool = False,
    ) -> None:
        """No I/O.

        `ask` raises SourceFailure where there is no answer; `every`: seconds between two questions; `now` gives aware
        times. `doubt_empty`: a server that suddenly has nothing to say is rather ill than empty.
        """
        self.name = name
        self.value: T | None = None
        """The last good answer, the same object until it changes; None: there never was one."""
        self.at: datetime | None = None
        """When it was last given, UTC."""
        self.failure: str | None = None
        """Why the last question got no answer that could be used; None: it did, or none was put yet."""
        self._ask = ask
        self._every = every
        self._keep = keep
        self._now = now
        self._doubt_empty = doubt_empty
        self._empty = 0
        self._written: datetime | None = None

    @property
    def age(self) -> timedelta | None:
        """How old the answer is; None: there was none ever."""
        return None if self.at is None else max(self._now() - self.at, timedelta())

    def load(self, before: Refreshed[T] | None = None) -> None:
        """Take up the answer of who put the same question `before`; else the one that was kept, if there is one."""
        if before is not None and before.value is not None:
            self.value, self.at, self.failure = before.value, before.at, before.failure
        elif self._keep and (kept := self._keep.read()):
            self.value, self.at = kept
            self._written = self.at
            log.info("%s: %d known, as of %s ago", self.name, len(self.value), self._age())

    async def run(self) -> None:
        """Ask at once and then again and again, until it is cancelled."""
        failures = 0
        while True:
            failures = 0 if await self.refresh() else failures + 1
            await asyncio.sleep(pause(failures, self._every))

    async def refresh(self) -> bool:
        """Ask once; whether there was an answer, be it one that is doubted."""
        try:
            return await self._refresh()
        except SourceFailure as failure:
            self._failed(failure.cause)
        except Exception as error:  # the guard of one source: whatever it answers, the last good answer serves
            cause = f"asking it failed unexpectedly ({type(error).__name__})"
            if cause != self.failure:
                log.exception("%s: it failed unexpectedly", self.name)
            self._failed(cause)
        return False

    async def _refresh(self) -> bool:
        answer = await self._ask()
        if not answer and self.value and self._doubt_empty and self._empty < DOUBTS:
            self._empty += 1
            self._failed(f"it lists nothing where there were {len(self.value)}, which is not believed yet")
        else:
            self._empty = 0
            self._answered(answer)
        return True

    def _answered(self, answer: T) -> None:
        before, self.at = self.value, self._now()
        if self.failure is not None:
            log.warning("%s: answers again, %d known", self.name, len(answer))
        elif answer != before:
            log.info("%s: %d known%s", self.name, len(answer), "" if before is None else f", before {len(before)}")
        self.failure = None
        if answer != before:
            self.value = answer
        if self._keep and (answer != before or self._written is None or self.at - self._written >= KEPT_AGAIN):
            self._written = self.at
            self._keep.write(answer, self.at)

    def _failed(self, cause: str) -> None:
        if cause != self.failure:
            serving = "nothing is known" if self.value is None else f"the answer of {self._age()} ago serves meanwhile"
            log.warning("%s: %s; %s", self.name, cause, serving)
        self.failure = cause

    def _age(self) -> str:
        assert self.age is not None
        return str(timedelta(seconds=round(self.age.total_seconds())))


def pause(failures: int, every: float) -> float:
    """Seconds until the next question, after so many failures in a row; never more than `every`."""
    if failures == 0:
        return every
    return min(every, FIRST_PAUSE * 2.0 ** min(failures - 1, 30))
