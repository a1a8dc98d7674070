"""What others than the deliverer read of a wiki: pages and lists of pages, as coroutines.

It has a wiki object and a thread of its own, so that a slow list holds up no edit. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from labsbot.model import ClockReading, LoggedOut, Wiki
from labsbot.wiki.worker import Worker

Result = TypeVar("Result")
About = TypeVar("About")

PATIENCE = 120.0
"""Seconds for one verb: a list of thousands of pages takes several requests."""


class Reader:
    """The reading verbs of `model.Wiki`; each raises WikiFailure as they do."""

    def __init__(self, wiki: Wiki) -> None:
        """`wiki` is used by nobody else."""
        self._wiki = wiki
        self._worker = Worker(wiki)

    async def login(self) -> None:
        """See whether the wiki lets us in."""
        await self._worker.call(self._wiki.login, deadline=PATIENCE)

    async def text(self, title: str) -> str:
        return await self._ask(self._wiki.text, title)

    async def titles(self, prefix: str) -> tuple[str, ...]:
        return await self._ask(self._wiki.titles, prefix)

    async def category(self, name: str) -> tuple[str, ...]:
        return await self._ask(self._wiki.category, name)

    async def read(self, call: Callable[[Wiki], Result]) -> Result:
        """Have something read that takes several verbs, in one go."""
        return await self._ask(call, self._wiki)

    async def clock(self, steady: Callable[[], float]) -> ClockReading | None:
        """Read the wiki's own clock, between two moments of a steady one; None: it has none but ours."""

        def read() -> ClockReading | None:
            asked = steady()
            said = self._wiki.time()
            return ClockReading(asked, steady(), said) if said else None

        return await self._worker.call(read, deadline=PATIENCE)

    def close(self) -> None:
        """End, at once."""
        self._worker.close()

    async def _ask(self, verb: Callable[[About], Result], about: About) -> Result:
        try:
            return await self._worker.call(verb, about, deadline=PATIENCE)
        except LoggedOut:
            await self._worker.call(self._wiki.login, deadline=PATIENCE)
            return await self._worker.call(verb, about, deadline=PATIENCE)
