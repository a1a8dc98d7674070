"""Lines that no history can repeat are forgotten, in steps so short that nobody waits; all others are known."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from labsbot.journal import Journal, upkeep
from labsbot.model import LineKey
from tests.nouns import NOON, a_key


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setattr(upkeep, "SPARED", 2)
    opened = Journal.open(tmp_path / "journal")
    yield opened
    opened.close()


async def handled(journal: Journal, number: int, days_ago: float) -> list[LineKey]:
    keys = [a_key() for _ in range(number)]
    for key in keys:
        assert await journal.entries.remember(key, NOON - timedelta(days=days_ago))
    return keys


async def known(journal: Journal, keys: list[LineKey]) -> int:
    """How many of these lines are known; those that were not are, afterwards."""
    return sum([not await journal.entries.remember(key, NOON) for key in keys])


async def test_what_is_older_is_forgotten_and_the_rest_is_known(journal: Journal) -> None:
    old, young = await handled(journal, 7, 40), await handled(journal, 5, 20)
    await journal.upkeep.forget(NOON - timedelta(days=31), NOON, NOON)
    assert await known(journal, young) == 5
    assert await known(journal, old) == 0


async def test_the_newest_are_spared_however_old_a_wrong_clock_makes_them(journal: Journal) -> None:
    old = await handled(journal, 7, 40)
    await journal.upkeep.forget(NOON, NOON, NOON)
    assert await known(journal, old[-2:]) == 2
    assert await known(journal, old[:-2]) == 0


async def test_a_line_from_the_future_keeps_none_from_being_forgotten(journal: Journal) -> None:
    await handled(journal, 3, -1000)
    old, _ = await handled(journal, 3, 40), await handled(journal, 2, 1)
    await journal.upkeep.forget(NOON - timedelta(days=31), NOON, NOON)
    assert await known(journal, old) == 0


async def test_each_step_is_short_and_lines_are_accepted_in_between(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "STEP", 3)
    old = await handled(journal, 10, 40)
    await handled(journal, 2, 1)
    kept: list[int] = []
    after: int | None = 0
    with contextlib.closing(sqlite3.connect(tmp_path / "journal")) as look:
        while after is not None:
            kept += look.execute("SELECT count(*) FROM handled").fetchone()
            after = await journal.upkeep.forget_lines(NOON - timedelta(days=31), after, upkeep.STEP)
            assert await handled(journal, 1, 0)
    assert max(before + 1 - now for before, now in itertools.pairwise(kept)) == 3
    assert await known(journal, old) == 0


def test_a_line_is_kept_for_longer_than_the_oldest_that_may_be_repeated() -> None:
    assert timedelta(days=7) < upkeep.MARGIN
