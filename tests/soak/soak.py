"""The bot on a real server over a bad line, while people type; what came of it as figures.

Troubles come by turns: the line is cut, interrupted, slowed, the server is frozen, the bot is kicked, the bot is
stopped and started. The server keeps a history; every line that it kept belongs on the page once, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from labsbot import service
from labsbot.config import load
from labsbot.demo.person import Person
from labsbot.settings import FolderSettings, Settings
from labsbot.wiki.folder import FolderWiki
from tests.servers.inspircd import InspIRCd
from tests.soak.wire import HOST, Wire

CHANNEL = "#soak"
CONFIGURATION = """\
journal: journal.sqlite3
irc:
  net:
    server: {host}:{port}
    tls: false
    nick: labsbot
    channels: ["{channel}"]
    backoff: {{first: 100ms, most: 500ms}}
    ping: {{after: 1s, give_up: 2500ms}}
wiki: {{folder: pages}}
page: {{title: "{{project}}"}}
projects: {{list: [tools]}}
"""


@dataclass(frozen=True)
class Figures:
    typed: list[str]
    on_page: list[str]
    """From top to bottom: the newest first."""
    troubles: int
    grown: int
    """Kilobytes by which the process grew between the first and the last round of troubles."""


class Soak:
    def __init__(self, folder: Path, server: InspIRCd, wire: Wire) -> None:
        self._server = server
        self._wire = wire
        path = folder / "labsbot.yaml"
        path.write_text(CONFIGURATION.format(host=HOST, port=wire.port, channel=CHANNEL))
        self._settings: Settings = load(path, {}, None).settings
        self._pages = FolderWiki(FolderSettings(folder / "pages", None))
        self._typed: list[str] = []

    async def run(self, seconds: float, pause: float = 0.5) -> Figures:
        """For so long type a line every `pause`, with one trouble after the other; then wait for the page."""
        async with await Person.connect(HOST, self._server.port, "alice") as alice:
            await alice.join(CHANNEL)
            alice.send(f"MODE {CHANNEL} +H 50:1h")
            await alice.heard(lambda line: "+H" in line)
            self._start()
            # what was said before the bot first came is not its business, and a history has whole seconds
            await alice.heard(lambda line: line.startswith(":labsbot!") and " JOIN " in line)
            await asyncio.sleep(1.1)
            typing = asyncio.create_task(self._type(alice, pause))
            troubles, grown = await self._make_trouble(alice, seconds)
            typing.cancel()
            await asyncio.gather(typing, return_exceptions=True)
            await self._until(lambda: set(self._on_page()) >= set(self._typed), 30)
            await self._stop()
        return Figures(self._typed, self._on_page(), troubles, grown)

    async def _type(self, alice: Person, pause: float) -> None:
        for number in itertools.count():
            alice.say(CHANNEL, f"!log tools w{number}")
            self._typed.append(f"w{number}")
            await asyncio.sleep(pause)

    async def _make_trouble(self, alice: Person, seconds: float) -> tuple[int, int]:
        troubles: list[Callable[[Person], Awaitable[None]]] = [
            self._cut,
            self._interrupt,
            self._slow_down,
            self._freeze,
            self._kick,
            self._restart,
        ]
        end = time.monotonic() + seconds
        first = None
        for number in itertools.count():
            await troubles[number % len(troubles)](alice)
            await asyncio.sleep(1)
            if number + 1 == len(troubles):
                first = memory()
            if time.monotonic() >= end and first is not None:
                return number + 1, memory() - first
        raise AssertionError

    async def _cut(self, alice: Person) -> None:
        self._wire.cut()

    async def _interrupt(self, alice: Person) -> None:
        """Longer than the bot waits for a sign of life."""
        self._wire.through.clear()
        await asyncio.sleep(4)
        self._wire.cut()
        self._wire.through.set()

    async def _slow_down(self, alice: Person) -> None:
        self._wire.slow = True
        await asyncio.sleep(2)
        self._wire.slow = False

    async def _freeze(self, alice: Person) -> None:
        with self._server.frozen():
            await asyncio.sleep(3)

    async def _kick(self, alice: Person) -> None:
        alice.send(f"KICK {CHANNEL} labsbot :out")

    async def _restart(self, alice: Person) -> None:
        await self._stop()
        await asyncio.sleep(1)
        self._start()

    def _start(self) -> None:
        self._ending = asyncio.Event()
        self._running = asyncio.create_task(service.run(self._settings, self._ending))

    async def _stop(self) -> None:
        self._ending.set()
        async with asyncio.timeout(10):
            await self._running

    def _on_page(self) -> list[str]:
        return [line.rpartition(" ")[2] for line in self._pages.text("Tools").splitlines() if line.startswith("*")]

    async def _until(self, condition: Callable[[], bool], patience: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)


def memory() -> int:
    """Kilobytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


@contextlib.asynccontextmanager
async def soak(folder: Path) -> AsyncIterator[Soak]:
    with InspIRCd() as server:
        async with Wire(server.port) as wire:
            yield Soak(folder, server, wire)
