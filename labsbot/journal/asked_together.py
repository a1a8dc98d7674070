"""What many ask for at the same time comes in; it is read once for all of them, and each gets what was found.

A question costs as much for thirty ids as for one, nearly; in a burst of calls each of them asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class AskedTogether(Generic[T]):
    """Asks for what was wanted while the question before was being answered, so that nobody hears of an older state."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Sequence[str], asyncio.Future[Mapping[str, T]]]] = []
        self._at_work: asyncio.Task[None] | None = None

    async def of(self, ids: Sequence[str]) -> Mapping[str, T]:
        """What is known of these, among others. Raises what the question raises."""
        outcome: asyncio.Future[Mapping[str, T]] = asyncio.get_running_loop().create_future()
        self._waiting.append((ids, outcome))
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._work())
        return await outcome

    async def _work(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            ids = list(dict.fromkeys(each for ids, _ in asked for each in ids))
            (found,) = await asyncio.gather(self._ask(ids), return_exceptions=True)
            for _, outcome in asked:
                if outcome.done():
                    continue  # whoever asked has left
                if isinstance(found, BaseException):
                    outcome.set_exception(found)
                else:
                    outcome.set_result(found)
