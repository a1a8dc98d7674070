"""How fast entries are accepted by HTTP, one by one and in lists, and how long others at the desk wait meanwhile.

The desk, the journal (``synchronous=FULL``) and what takes calls are one process, as in the bot, without IRC and wiki;
the callers are another, on connections that stay open.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import click

from labsbot.cli.serving import SWITCH
from labsbot.config import load
from labsbot.desk.answer import Receipt
from labsbot.desk.receipts import Receipts
from labsbot.desk.scripts import Call, Script, Scripts
from labsbot.journal import Journal
from labsbot.model import Via
from labsbot.service.by_http import make_web, reading_rules
from labsbot.service.front_desk import make_desk
from labsbot.service.machine_clock import utc_now
from labsbot.service.rules import draw_up
from labsbot.text.digests import digest
from labsbot.web.health import Watched
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader

TOKEN = "labsbot_bench"
CONNECTIONS, CALLS = 32, 2000
WRITTEN = 62 * 1024
"""Bytes that an acceptance writes, about."""
CONFIGURATION = f"""\
journal: journal.sqlite3
irc: {{bench: {{server: 127.0.0.1:1, tls: false, nick: labsbot, channels: {{"#bench": {{}}}}}}}}
wiki: {{folder: pages}}
projects: {{list: [tools, bots]}}
limit: {{lines: 999999, bytes: 1000 MB}}
web:
  listen: unix:web.sock
  url: https://logs.example/
  tokens: {{bench: {{sha256: {digest(TOKEN)}, projects: all}}}}
"""
ENTRY = {"project": "tools", "message": "finished sync-world: an ordinary line of a script (duration: 03m 12s)"}


# --- the process that takes calls -------------------------------------------------------------------------------------


async def take_calls(folder: Path) -> None:
    sys.setswitchinterval(SWITCH)
    gc.freeze()
    settings = load(folder / "labsbot.yaml", {}, None).settings
    assert settings.web is not None
    journal = Journal.open(settings.journal)
    book = draw_up(settings, Reader(open_wiki(settings.wiki)))
    scripts, receipts = Scripts(journal.entries, utc_now), Receipts(journal.entries)
    scripts.take_up(make_desk(journal, settings), book.for_scripts(), book.home, book.shapes, 10.0)
    watched = Watched(tuple, no_figures)
    rooms = scripts, journal, receipts, watched, settings.journal
    web = make_web(settings.web, *rooms, reading_rules(book))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, web.stop)
    waits: list[float] = []
    beside = asyncio.create_task(somebody_else(scripts, waits))
    await web.run()
    beside.cancel()
    print(json.dumps(sorted(waits)))
    journal.close()


async def no_figures(accept: str) -> tuple[bytes, str]:
    return b"", accept


async def somebody_else(scripts: Scripts, waits: list[float]) -> None:
    """Log a line every tenth of a second by another way, as people on IRC do."""
    while True:
        begun = time.perf_counter()
        assert isinstance(await scripts.log(Script("a", "user a", Via.COMMAND), Call(["bots"], "x")), Receipt)
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(0.1)


def answers(path: Path) -> bool:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as tried:
        return tried.connect_ex(str(path)) == 0


@contextmanager
def serving(folder: Path, told: list[list[float]]) -> Iterator[Path]:
    (folder / "labsbot.yaml").write_text(CONFIGURATION)
    command = [sys.executable, "-m", "bench.http", "--serve", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        while not answers(folder / "web.sock"):
            assert process.poll() is None, "the server has ended"
            time.sleep(0.05)
        yield folder / "web.sock"
    finally:
        process.terminate()
        out, _ = process.communicate()
        told.append(json.loads(out))


# --- those who call ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_unix_connection(path)
    yield Connection(reader, writer)
    writer.close()


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, content: object) -> float:
        """Make a call, and return the seconds until its answer has arrived."""
        body = json.dumps(content).encode()
        head = f"POST /api/v1/entries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        begun = time.perf_counter()
        self._writer.write(
            f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert " 202 " in answer.splitlines()[0], answer
        await self._reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        return time.perf_counter() - begun


async def paced(path: Path, calls: int, per_second: float) -> list[float]:
    """So many calls, begun at even distances, whether the one before was answered or not."""
    idle: asyncio.Queue[Connection] = asyncio.Queue()

    async def one(at: float) -> float:
        await asyncio.sleep(at - time.perf_counter())
        begun, connection = time.perf_counter(), await idle.get()
        await connection.post(ENTRY)
        idle.put_nowait(connection)
        return time.perf_counter() - begun

    async with contextlib.AsyncExitStack() as several:
        for _ in range(CONNECTIONS):
            idle.put_nowait(await several.enter_async_context(connected(path)))
        first = time.perf_counter() + 0.1
        return sorted(await asyncio.gather(*(one(first + number / per_second) for number in range(calls))))


async def burst(path: Path, calls: int, content: object, connections: int) -> float:
    """So many calls as fast as they are answered, on so many connections; the seconds that it took."""
    left = iter(range(calls))

    async def some() -> None:
        async with connected(path) as connection:
            for _ in left:
                await connection.post(content)

    begun = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(connections)))
    return time.perf_counter() - begun


def ms(sorted_seconds: list[float], share: float) -> str:
    return f"{sorted_seconds[min(int(len(sorted_seconds) * share), len(sorted_seconds) - 1)] * 1000:.1f} ms"


def of_the_disk(folder: Path) -> list[float]:
    """What no acceptance can be quicker than: as much at the end of a file, on the disk, a hundred times a second."""
    took = []
    with (folder / "disk").open("wb") as file:
        for _ in range(CALLS // 4):
            begun = time.perf_counter()
            file.write(b"x" * WRITTEN)
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
            time.sleep(max(0.01 - took[-1], 0))
    return sorted(took)


def measure(folder: Path, entries: int) -> None:
    disk = of_the_disk(folder)
    print(f"the disk itself                  median {ms(disk, 0.5)}, p99 {ms(disk, 0.99)}, longest {ms(disk, 1)}")
    told: list[list[float]] = []
    (folder / "idle").mkdir()
    with serving(folder / "idle", told):
        time.sleep(10)
    print(f"somebody else, alone             median {ms(told[-1], 0.5)}, p99 {ms(told[-1], 0.99)}")
    (folder / "paced").mkdir()
    with serving(folder / "paced", told) as path:
        took = asyncio.run(paced(path, CALLS, 100))
    print(f"100 calls a second               median {ms(took, 0.5)}, p99 {ms(took, 0.99)}, longest {ms(took, 1)}")
    print(f"  somebody else meanwhile        median {ms(told[-1], 0.5)}, p99 {ms(told[-1], 0.99)}")
    for name, content, each, connections in (
        ("single calls", ENTRY, 1, CONNECTIONS),
        ("lists of 500", [ENTRY] * 500, 500, 2),
    ):
        (folder / name).mkdir()
        with serving(folder / name, told) as path:
            seconds = asyncio.run(burst(path, entries // each, content, connections))
        print(f"{entries} entries, {name}       {seconds:.1f} s, {entries / seconds:.0f} a second")
        print(f"  somebody else meanwhile        median {ms(told[-1], 0.5)}, longest {ms(told[-1], 1)}")


@click.command()
@click.option("--entries", default=10_000, show_default=True)
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
@click.option("--serve", type=click.Path(path_type=Path), hidden=True)
def main(entries: int, folder: Path | None, serve: Path | None) -> None:
    """Measure logging by HTTP."""
    if serve is not None:
        asyncio.run(take_calls(serve))
        return
    with tempfile.TemporaryDirectory(prefix="labsbot-http-", dir=folder) as place:
        measure(Path(place), entries)


if __name__ == "__main__":
    main()
