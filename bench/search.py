"""``python -m bench.search``: a large journal gets its index of words, and is then searched by HTTP, call after call.

Its entries are made of words that are as unlike in how often they occur as those of a language: some are in every
third entry, most in a few. The journal of the schema before becomes one of this release, which is what the first start
of a release does; then pages are asked for as a browser does.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from urllib.parse import urlencode

import click
import sqlalchemy as sql
from alembic import command

from labsbot.journal import Journal
from labsbot.journal.upgrade import steps
from tests.web.conftest import Place

SINCE = datetime(2015, 1, 1, tzinfo=UTC)
WORDS = 30_000
COMMON = (
    *("restarted", "the", "on", "deployed", "for", "and", "rebooted", "to", "of", "rolling", "web", "service"),
    "synchronized",
)
HOSTS = ("db", "mw", "cp", "tools-web-")
AT_LEAST = 100
"""Calls of each kind."""


@click.command()
@click.option("--entries", default=1_000_000, show_default=True)
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
def main(entries: int, folder: Path | None) -> None:
    """Index a journal, search it, and say how long both took."""
    with tempfile.TemporaryDirectory(prefix="labsbot-search-", dir=folder) as place:
        path = Path(place) / "journal.sqlite3"
        older_journal(path, entries)
        before = path.stat().st_size
        logging.disable(logging.INFO)
        started, used = time.perf_counter(), time.process_time()
        Journal.open(path).close()
        took, used = time.perf_counter() - started, time.process_time() - used
        after = path.stat().st_size
        print(f"{entries} entries: indexed in {took:.0f} s, processor {used:.0f} s")
        print(f"{before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after", flush=True)
        asyncio.run(measured(Path(place), entries))


def older_journal(path: Path, entries: int) -> None:
    """One of the schema before this one; all of its entries are on the wiki."""
    engine = sql.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(steps(connection), "0009")
    engine.dispose()
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.execute("PRAGMA journal_mode=WAL")
        journal.executemany(
            "INSERT INTO entry (number, id, network, channel, nick, author, message, said, accepted, place, sequence,"
            " robot) VALUES (?1, ?2, 'libera', '#cloud', ?3, ?3, ?4, ?5, ?5, ?6, ?1, ?7)",
            _entries(entries),
        )
        journal.execute(
            "INSERT INTO delivery (number, entry, log_day, clock, state, fruitless, url, revision, delivered, told,"
            " log, project, place) SELECT number, number, substr(said, 1, 10), substr(said, 12, 5), 'delivered', 0,"
            " 'https://wiki.example/wiki/SAL', number, accepted, 'logged', 'libera #cloud', 'p' || (number % 200),"
            " place FROM entry"
        )


def _entries(number: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(1)
    rare = (f"{chance.choice(HOSTS)}{each}" if each % 3 else f"word{each}x" for each in range(WORDS))
    known = [*COMMON, *rare]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(known))))
    for each in range(1, number + 1):
        said = SINCE + timedelta(minutes=5 * each)
        message = f"{' '.join(chance.choices(known, cum_weights=weights, k=12))} (T{each})"
        nick = f"nick{min(int(chance.expovariate(0.05)), 200)}"
        moment = said.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        yield each, f"sal-{each:012x}", nick, message, moment, int(said.timestamp()) * 1_000_000, chance.random() < 0.7


def _kinds(entries: int) -> dict[str, list[str]]:
    chance = random.Random(2)
    some = [f"word{3 * chance.randrange(WORDS // 3)}x" for _ in range(AT_LEAST)]
    numbers = [str(chance.randrange(1, entries)) for _ in range(AT_LEAST)]
    years = [2016 + chance.randrange(8) for _ in range(AT_LEAST)]
    return {
        "a word": some,
        "two words": [f"{chance.choice(COMMON)} {each}" for each in some],
        "common words": [" ".join(chance.sample(COMMON, 2)) for _ in some],
        "a phrase": [f'"{chance.choice(COMMON)} {chance.choice(COMMON)}"' for _ in some],
        "a task": [f"task:T{each}" for each in numbers],
        "what begins so": [f"db{each[:3]}*" for each in numbers],
        "without a word": [f"{each} -restarted" for each in some],
        "somebody's, in a project": [f"{chance.choice(COMMON)} from:nick{n} project:p{n}" for n in range(AT_LEAST)],
        "of a time, without robots": [f"{chance.choice(COMMON)} before:{year}-03-01 robots:no" for year in years],
        "what is nowhere": [f"nosuch{each}" for each in numbers],
    }


async def measured(folder: Path, entries: int) -> None:
    place = Place(folder)
    async with place.open():
        port = await place.port()
        everything: list[_Call] = []
        for kind, typed in _kinds(entries).items():
            chance = random.Random(3)
            times = await asyncio.to_thread(_ask, port, chance.sample(typed, len(typed)))
            everything += times
            _row(kind, times)
        _row("all of these", everything, "(p95 at most 20)")
        dear = ["re* rol* ser* " + " ".join(COMMON), "wor* -restarted", "-wo*"]
        _row("some that are dear", await asyncio.to_thread(_ask, port, dear))


_Call = tuple[float, float]
"""Milliseconds of a call by the caller's clock, and of the processor's time, the caller's part included."""


def _ask(port: int, typed: list[str]) -> list[_Call]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for each in typed:
        started, used = time.perf_counter(), time.process_time()
        connection.request("GET", f"/search?{urlencode({'q': each})}")
        answer = connection.getresponse()
        answer.read()
        times.append(((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000))
        assert answer.status == 200, (each, answer.status)
    connection.close()
    return times


def _row(kind: str, calls: list[_Call], target: str = "") -> None:
    shown = []
    for name, each in zip(("", "processor "), zip(*calls, strict=True), strict=True):
        ordered = sorted(each)
        p95 = ordered[int(len(ordered) * 0.95)]
        shown.append(f"{name}median {statistics.median(ordered):6.1f} ms, p95 {p95:6.1f} ms")
    print(f"{kind:28} {'; '.join(shown)}  {target}", flush=True)


if __name__ == "__main__":
    main()
