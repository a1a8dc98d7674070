"""The whole bot, a process of its own, while other processes read its journal: whoever reads holds up nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from labsbot.demo.ircd import LoopbackServer
from labsbot.demo.person import DemoPerson
from labsbot.settings import FolderSettings
from labsbot.wiki.folder import FolderWiki
from tests.journal.reader import reader
from tests.torture.bot import Bot

CHANNEL = "#wikimedia-labs"
CONFIGURATION = """\
journal: journal.sqlite3
irc:
  net:
    server: 127.0.0.1:{port}
    tls: false
    nick: labsbot
    channels: ["{channel}"]
wiki: {{folder: pages}}
page: {{title: "{{project}}"}}
projects: {{list: [Tools, Bots]}}
limit: {{lines: 999999, bytes: 999 MB}}
"""
QUEUES = 20
CHECKPOINT = 1000 * 4096
"""Bytes of its write-ahead log from which on SQLite tries at each commit to take it into the journal."""


class Place:
    def __init__(self, folder: Path, port: int) -> None:
        path = folder / "labsbot.yaml"
        path.write_text(CONFIGURATION.format(port=port, channel=CHANNEL))
        self.bot = Bot(path)
        self.journal = folder / "journal.sqlite3"
        self.wiki = FolderWiki(FolderSettings(folder / "pages", None))

    def log_bytes(self) -> int:
        """The size of the journal's write-ahead log."""
        return self.journal.with_name("journal.sqlite3-wal").stat().st_size

    def logged(self, project: str) -> list[str]:
        """What stands on a page, oldest first."""
        lines = self.wiki.text(project).splitlines()
        return [line.rpartition(": ")[2] for line in reversed(lines) if line.startswith("*")]


@pytest.fixture
async def server() -> AsyncIterator[LoopbackServer]:
    server = LoopbackServer()
    await server.start()
    yield server
    await server.close()


async def type_until(person: DemoPerson, project: str, place: Place, over: Callable[[], bool]) -> list[str]:
    """Log one thing after the other, each when the last is on the page; what was logged."""
    said: list[str] = []
    while not over():
        said.append(f"{person.nick} {len(said)}")
        person.say(CHANNEL, f"!log {project} {said[-1]}")
        while place.logged(project)[-1:] != said[-1:]:
            assert refusals(person) == []
            await asyncio.sleep(0.01)
    return said


def refusals(person: DemoPerson) -> list[str]:
    """What somebody heard from the bot in the channel, and was not that something is logged."""
    heard = [line for line in person.lines if line.startswith(":labsbot!") and f" PRIVMSG {CHANNEL} " in line]
    return [line for line in heard if ": Logged " not in line]


@pytest.mark.slow
async def test_no_line_waits_for_somebody_who_is_in_the_middle_of_reading(
    tmp_path: Path, server: LoopbackServer
) -> None:
    """All are logged, and none is refused, before that reader is done; twenty more come meanwhile, and checkpoints."""
    place = Place(tmp_path, server.port)
    async with contextlib.AsyncExitStack() as doors:
        alice, bob = [
            await doors.enter_async_context(await DemoPerson.connect("127.0.0.1", server.port, nick))
            for nick in ("alice", "bob")
        ]
        for person in (alice, bob):
            await person.join(CHANNEL)
        await place.bot.start()
        doors.push_async_callback(place.bot.kill)
        await bob.heard(lambda line: line.startswith(":labsbot!") and " JOIN " in line)
        async with asyncio.timeout(120), reader(place.journal):
            queues = asyncio.gather(*(place.bot.queue() for _ in range(QUEUES)))

            def over() -> bool:
                return queues.done() and place.log_bytes() > CHECKPOINT

            said = await asyncio.gather(type_until(alice, "Tools", place, over), type_until(bob, "Bots", place, over))
        await place.bot.stop()
    assert [place.logged("Tools"), place.logged("Bots")] == list(said)
    assert {status for status, _ in await queues} <= {0, 75}
    assert refusals(alice) == []
