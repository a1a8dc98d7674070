"""``python -m bench.reconnects``: somebody watches a log, comes again a thousand times, and has to miss nothing.

The bot and ``labsbot web`` are processes; by turns each is killed (``kill -9``) and started again meanwhile. The reader
does what a browser does with server-sent events: it names the last one that it has. Others log all the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import tempfile
import time
from pathlib import Path

import click

from labsbot.journal import Journal
from tests.cli.test_main import Running
from tests.servers.breakable import BreakableServer
from tests.service.test_by_http import BotWithWeb

_ENTRY = re.compile(r'<li id="(sal-[0-9a-f-]+)"')
LONGEST = 3.0
"""Seconds that the reader watches at most before it goes."""
PATIENCE = 60.0


class Watcher:
    """Reads events, and remembers what a browser would show."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self.heard = ""
        self.entries: list[str] = []
        """The ids of those that came as new, in that order."""
        self.visits = 0

    async def watch(self, seconds: float) -> None:
        """Until then, or until the connection breaks."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_unix_connection(self._socket)
            again = f"Last-Event-ID: {self.heard}\r\n" if self.heard else ""
            writer.write(f"GET /live?project=tools HTTP/1.1\r\nHost: x\r\n{again}\r\n".encode())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._read(reader)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head, head
        self.visits += 1
        number, kind, text = "", "", ""
        while line := (await reader.readline()).decode():
            name, _, value = line.rstrip("\r\n").partition(": ")
            match name:
                case "id":
                    number = value
                case "event":
                    kind = value
                case "data":
                    text += value
                case "" if line == "\n":  # what chunks have between them ends otherwise
                    self.heard = number or self.heard
                    if text and not kind:
                        self.entries += _ENTRY.findall(text)
                    number, kind, text = "", "", ""


class House:
    """The bot and what is read of it, each of which dies now and then."""

    def __init__(self, place: BotWithWeb) -> None:
        self._place = place
        self.restarts = 0

    async def start(self) -> None:
        self._web = await self._started("web")
        self._bot = await self._started("run")

    async def restart(self) -> None:
        """One of both, by turns."""
        self.restarts += 1
        running = self._web if self.restarts % 2 else self._bot
        running.process.kill()
        await running.exit_status()
        if running is self._web:
            self._web = await self._started("web")
        else:
            self._bot = await self._started("run")

    async def stop(self) -> None:
        for each in (self._bot, self._web):
            each.process.terminate()
            await each.exit_status()

    async def _started(self, command: str) -> Running:
        """Both are to listen on one socket: whichever does, the other says that it cannot, and does when that dies."""
        running = Running(self._place.path, command=command)
        await running.logged("web.sock")
        return running


@click.command()
@click.option("--times", default=1000, show_default=True, help="So often the reader comes again.")
@click.option("--restarts", default=40, show_default=True, help="So often the bot or labsbot web is killed meanwhile.")
def main(times: int, restarts: int) -> None:
    """Watch, go and come again, and say what was missed."""
    with tempfile.TemporaryDirectory(prefix="labsbot-reconnects-") as folder:
        asyncio.run(_measure(Path(folder), times, restarts))


async def _measure(folder: Path, times: int, restarts: int) -> None:
    server = BreakableServer({})
    await server.start()
    Journal.open(folder / "journal.sqlite3").close()
    place = BotWithWeb(folder, server.port)
    house, watcher = House(place), Watcher(folder / "web.sock")
    await house.start()
    await watcher.watch(LONGEST)  # before anything is logged, it hears how far that is
    begun, logged = time.monotonic(), list[str]()
    over = asyncio.Event()
    others = asyncio.create_task(_log(place, logged, over))
    chance, every = random.Random(1), max(times // max(restarts, 1), 1)
    restarting: asyncio.Task[None] | None = None
    while watcher.visits < times:
        if restarts and watcher.visits // every > house.restarts and (restarting is None or restarting.done()):
            restarting = asyncio.create_task(house.restart())
        before = watcher.visits
        await watcher.watch(chance.random() ** 3 * LONGEST)
        if watcher.visits == before:
            await asyncio.sleep(0.05)  # nobody is there
    if restarting is not None:
        await restarting
    over.set()
    await others
    until = time.monotonic() + PATIENCE
    while len(watcher.entries) < len(logged) and time.monotonic() < until:
        await watcher.watch(LONGEST)
    await house.stop()
    await server.close()
    lost, twice = set(logged) - set(watcher.entries), len(watcher.entries) - len(set(watcher.entries))
    print(
        f"{watcher.visits} visits, {house.restarts} restarts, {len(logged)} entries, {time.monotonic() - begun:.0f} s"
    )
    print(f"lost: {len(lost)}; heard twice: {twice}; in the order of acceptance: {watcher.entries == logged}")


async def _log(place: BotWithWeb, logged: list[str], over: asyncio.Event) -> None:
    """Log one thing after the other; what was not answered is asked again by the same key."""
    number = 0
    while not over.is_set():
        number += 1
        entry = {"project": "tools", "message": f"number {number}"}
        while True:
            with contextlib.suppress(OSError, IndexError):
                key = {"Authorization": "Bearer one", "Idempotency-Key": f"n{number}"}
                status, told = await place.call("POST", entry, **key)
                if status in (200, 201, 202):
                    logged.append(told["id"])
                    break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    main()
