"""``python -m bench.pages``: how soon a page is there, of a journal of a million entries, and what reading costs.

`labsbot web` is a process of its own here, the reader another. Pages are asked for one after the other, then days that
are over, by readers who have them already, as fast as they are answered; meanwhile lines are accepted, by turns with
nobody reading, and with some who have asked for everything and read nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import logging
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import click

from bench import figures, pace, world
from bench.figures import Figure, Report, quantile
from bench.large import PLACE, PROJECTS
from bench.search import SINCE, older_journal
from labsbot.journal import Journal
from labsbot.model import Privmsg
from tests.servers.process import free_ports

EACH = 200
"""Pages of a kind."""
READERS = 8
"""Connections on which days are read at a time."""
HANGING = 20
"""Who have asked for everything, and read nothing of it."""
DAYS = 40
"""Days that they read, again and again."""
RATE = 50.0
"""Lines a second that are accepted meanwhile."""
STARTING = 60.0
CONFIGURATION = """\
journal: journal.sqlite3
irc: {{bench: {{server: 127.0.0.1:1, tls: false, nick: labsbot, channels: {{"#bench": {{}}}}}}}}
wiki: {{folder: pages}}
projects: {{any: "p[0-9]+"}}
web: {{listen: "127.0.0.1:{port}", url: "https://logs.example/"}}
"""


@click.command()
@click.option("--entries", default=1_000_000, show_default=True, help="Of the journal.")
@click.option("--seconds", default=10.0, show_default=True, help="Of each turn in which lines are accepted.")
@click.option("--turns", default=3, show_default=True, help="With nobody reading, and with somebody.")
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
@click.option("--read", "port", type=int, hidden=True, help="Be those who read at this port, until killed.")
@figures.into_option
def main(entries: int, seconds: float, turns: int, folder: Path | None, port: int | None, into: Path) -> None:
    """Measure pages, then days that readers have already, and acceptance beside them."""
    days = [f"/all/{day:%Y-%m-%d}" for day in _some_days(entries, DAYS)]
    if port is not None:
        print(asyncio.run(_read(port, days, seconds)))
        return
    busy = figures.busy()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="labsbot-pages-", dir=folder) as name:
        place = Path(name)
        click.echo(f"making {entries} entries", err=True)
        older_journal(place / "journal.sqlite3", entries)
        Journal.open(place / "journal.sqlite3").close()
        with _serving(place) as (process, port):
            found = _pages(port, entries)
            found += asyncio.run(_beside(place, port, entries, seconds, turns))
            found.append(Figure("memory of labsbot web", world.resident(process.pid), "MB", at_most=90))
    figures.tell(Report("pages", {"entries": entries, "seconds": seconds, "turns": turns}, busy, found), into)


@contextlib.contextmanager
def _serving(place: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`labsbot web`, and its port."""
    (port,) = free_ports("127.0.0.1", 1)
    (place / "labsbot.yaml").write_text(CONFIGURATION.format(port=port))
    with (place / "labsbot.log").open("ab") as log:
        command = [sys.executable, "-m", "labsbot", "web", "-c", str(place / "labsbot.yaml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        end = time.monotonic() + STARTING
        while not _lives(port):
            assert process.poll() is None, (place / "labsbot.log").read_text()
            assert time.monotonic() < end, "labsbot web does not answer"
            time.sleep(0.05)
        yield process, port
    finally:
        process.terminate()
        process.wait(20)


def _lives(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except OSError:
            return False


# --- one page after the other


def _some_days(entries: int, number: int) -> list[date]:
    chance = random.Random(4)
    return [(SINCE + timedelta(minutes=5 * chance.randrange(1, entries))).date() for _ in range(number)]


def _pages(port: int, entries: int) -> list[Figure]:
    projects = [random.Random(5).choice(PROJECTS) for _ in range(EACH)]
    days = _some_days(entries, EACH)
    both = list(zip(projects, days, strict=True))
    kinds = {
        "a project's day": [f"/log/{project}/{day:%Y-%m-%d}" for project, day in both],
        "a day of all projects (288 entries)": [f"/all/{day:%Y-%m-%d}" for day in days],
        "a project's month": [f"/log/{project}/{day:%Y-%m}" for project, day in both],
        "a project's year": [f"/log/{project}/{day:%Y}" for project, day in both],
        "a project's newest days": [f"/log/{project}" for project in projects],
        "the newest days of all": ["/all"] * EACH,
        "the calls' newest of a project": [f"/api/v1/entries?project={project}" for project in projects],
        "the calls' newest of all": ["/api/v1/entries"] * EACH,
        "the feed of a project": [f"/log/{project}/atom" for project in projects],
    }
    within = ("a project's day", "a project's newest days", "the newest days of all", "the calls' newest of a project")
    found = []
    for kind, paths in kinds.items():
        click.echo(kind, err=True)
        times = _asked(port, paths)
        wanted = 10 if kind in within or kind == "the calls' newest of all" else None
        found += [
            Figure(f"{kind}, median", quantile(times, 0.5) * 1000, "ms", at_most=wanted),
            Figure(f"{kind}, p95", quantile(times, 0.95) * 1000, "ms"),
        ]
    return found


def _asked(port: int, paths: list[str]) -> list[float]:
    """The seconds until each answer had arrived, on one connection."""
    times = []
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        for path in paths:
            begun = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            times.append(time.perf_counter() - begun)
            assert answer.status == 200, (path, answer.status)
    return times


# --- days that are over, again and again


async def _beside(place: Path, port: int, entries: int, seconds: float, turns: int) -> list[Figure]:
    """How many days a second are read, and how long lines wait to be accepted meanwhile, and with nobody reading."""
    journal = Journal.open(place / "journal.sqlite3")
    desk = pace.desk(journal, [PLACE], PROJECTS)
    hang = f"{HANGING} have asked for everything and read nothing"
    taken: dict[str, list[float]] = {"nobody reads": [], "days are read": [], hang: []}
    read: dict[str, list[float]] = {"": [], f", while {RATE:.0f} lines a second are accepted": []}

    def each(number: int) -> Privmsg:
        return pace.line(PLACE, PROJECTS[number % len(PROJECTS)])

    lines = int(RATE * seconds)
    for turn in range(turns):
        click.echo(f"turn {turn + 1} of {turns}", err=True)
        taken["nobody reads"] += await pace.accepted(desk, each, lines, RATE)
        alone, beside = read.values()
        async with _reading(port, entries, seconds) as rate:
            alone.append(await rate())
        async with _reading(port, entries, seconds) as rate:
            taken["days are read"] += await pace.accepted(desk, each, lines, RATE)
            beside.append(await rate())
        with _hanging(port):
            taken[hang] += await pace.accepted(desk, each, lines, RATE)
    journal.close()
    return [
        *(
            Figure(f"days a second that a reader has already{when}", quantile(rates, 0.5), at_least=500)
            for when, rates in read.items()
        ),
        *(
            Figure(f"a line is accepted while {when}, {share}", quantile(times, part) * 1000, "ms", wanted)
            for when, times in taken.items()
            for share, part, wanted in (("median", 0.5, None), ("p99", 0.99, 10))
        ),
    ]


@contextlib.contextmanager
def _hanging(port: int) -> Iterator[None]:
    with contextlib.ExitStack() as doors:
        for _ in range(HANGING):
            waits = doors.enter_context(socket.create_connection(("127.0.0.1", port)))
            waits.sendall(b"GET /api/v1/entries.ndjson HTTP/1.1\r\nHost: logs.example\r\n\r\n")
        yield


@contextlib.asynccontextmanager
async def _reading(port: int, entries: int, seconds: float) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Readers in a process of their own; what is handed out says at the end how many days a second they read."""
    command = ["-m", "bench.pages", "--entries", str(entries), "--read", str(port), "--seconds", str(seconds)]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=subprocess.PIPE)

    async def rate() -> float:
        out, _ = await process.communicate()
        return float(out)

    yield rate


async def _read(port: int, days: list[str], seconds: float) -> float:
    """Read days that are known, as fast as they are answered; how many a second."""
    number = 0

    async def one() -> None:
        nonlocal number
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            path = chance.choice(days)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: logs.example\r\nIf-None-Match: {tags[path]}\r\n\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            assert b" 304 " in answer.split(b"\r\n")[0], answer
            number += 1
        writer.close()

    tags, chance = await asyncio.to_thread(_tags, port, days), random.Random(6)
    end = time.perf_counter() + seconds
    await asyncio.gather(*(one() for _ in range(READERS)))
    return number / seconds


def _tags(port: int, paths: list[str]) -> dict[str, str]:
    """What a reader knows each page by who has them all."""
    tags = {}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        for path in paths:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            tags[path] = str(answer.headers["ETag"])
    return tags


if __name__ == "__main__":
    main()
