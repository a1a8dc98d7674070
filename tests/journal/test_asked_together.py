"""Questions that are asked at the same time are one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from labsbot.journal.asked_together import AskedTogether


class Book:
    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []
        self.open = asyncio.Event()
        self.failure: Exception | None = None

    async def read(self, ids: Sequence[str]) -> dict[str, str]:
        self.asked.append(ids)
        await self.open.wait()
        if self.failure:
            raise self.failure
        return {each: each.upper() for each in ids if each != "unknown"}


@pytest.fixture
async def book() -> Book:
    return Book()


async def test_what_is_asked_while_another_is_answered_is_asked_at_once(book: Book) -> None:
    together = AskedTogether(book.read)
    first = asyncio.create_task(together.of(["a"]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(together.of(ids)) for ids in (["b"], ["a", "c"], ["b", "unknown"])]
    await asyncio.sleep(0)
    book.open.set()
    assert await first == {"a": "A"}
    assert [(await each).get("b") for each in others] == ["B", "B", "B"]
    assert book.asked == [["a"], ["b", "a", "c", "unknown"]]


async def test_who_leaves_takes_nothing_from_the_others(book: Book) -> None:
    together = AskedTogether(book.read)
    leaving, staying = (asyncio.create_task(together.of([each])) for each in "ab")
    await asyncio.sleep(0)
    leaving.cancel()
    book.open.set()
    assert (await staying)["b"] == "B"


async def test_a_failure_is_told_to_all_who_asked_and_the_next_question_is_another(book: Book) -> None:
    together = AskedTogether(book.read)
    book.failure = OSError("no disk")
    book.open.set()
    for each in [asyncio.create_task(together.of(["a"])) for _ in range(2)]:
        with pytest.raises(OSError, match="no disk"):
            await each
    book.failure = None
    assert await together.of(["a"]) == {"a": "A"}
