"""A command that wrote into the journal wakes the bot that runs on it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from labsbot.journal import wake


async def test_who_listens_is_woken(tmp_path: Path) -> None:
    journal = tmp_path / ("a folder with a very long name " * 5) / "journal.sqlite3"
    journal.parent.mkdir()
    journal.touch()
    woken = asyncio.Event()
    stop_listening = wake.listen(journal, woken.set)
    assert wake.wake(journal)
    await asyncio.wait_for(woken.wait(), 5)
    stop_listening()
    assert not wake.wake(journal)
    assert list(journal.parent.iterdir()) == [journal]


async def test_a_socket_left_behind_by_a_killed_bot_is_no_hindrance(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite3"
    journal.touch()
    wake.listen(journal, lambda: None)  # never ended
    woken = asyncio.Event()
    stop_listening = wake.listen(journal, woken.set)
    assert wake.wake(journal)
    await asyncio.wait_for(woken.wait(), 5)
    stop_listening()


def test_nobody_is_there(tmp_path: Path) -> None:
    assert not wake.wake(tmp_path / "journal.sqlite3")
    assert not wake.wake(tmp_path / "no such folder" / "journal.sqlite3")
