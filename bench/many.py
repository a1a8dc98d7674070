"""``python -m bench.many``: many channels on some networks, thousands of projects, and something due for a thousand.

The bot is a process of its own. While the wiki is away people log to a thousand projects, whose pages are then made one
after the other; again, when the pages are there and have to be read first; and again, when they are known. Acceptance
is measured in this process, by the same front desk with as many channels and projects, beside one with one channel.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bench import figures, pace, world
from bench.by_hand import BareEdits
from bench.figures import Figure, Report, quantile
from bench.plot import Curve, Plot
from labsbot.demo.person import DemoPerson
from labsbot.journal import Journal
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki

TEXT = "restarted the web service, it had run out of file handles (T1234)"
PATIENCE = 300.0
RATE, LINES = 200.0, 2000
"""Of acceptance: lines a second, and how many."""


@click.command()
@click.option("--networks", default=3, show_default=True)
@click.option("--channels", default=200, show_default=True, help="On all networks together.")
@click.option("--projects", default=5000, show_default=True)
@click.option("--due", default=1000, show_default=True, help="Projects for which something waits.")
@figures.into_option
def main(networks: int, channels: int, projects: int, due: int, into: Path) -> None:
    """Measure a large installation."""
    busy = figures.busy()
    logging.disable(logging.WARNING)
    places = [(f"net{number % networks}", f"#c{number}") for number in range(channels)]
    names = [f"project{number}" for number in range(projects)]
    with tempfile.TemporaryDirectory(prefix="labsbot-many-") as folder, contextlib.ExitStack() as doors:
        wiki = doors.enter_context(MediaWiki(Path(folder) / "wiki"))
        servers = [doors.enter_context(InspIRCd(threshold=1_000_000)) for _ in range(networks)]
        found, plot = asyncio.run(_process(Path(folder), wiki, servers, places, names, due))
    with tempfile.TemporaryDirectory(prefix="labsbot-many-") as folder:
        for what, at, known, waiting in (
            ("one channel, twenty projects", places[:1], names[:20], 0),
            (f"{channels} channels, {projects} projects, {due} due", places, names, due),
        ):
            times = asyncio.run(_acceptance(Path(folder) / f"journal-{len(at)}", at, known, waiting))
            found.append(Figure(f"{what}: a line is accepted, median", quantile(times, 0.5) * 1000, "ms"))
            found.append(Figure(f"{what}: a line is accepted, p99", quantile(times, 0.99) * 1000, "ms", at_most=10))
    given = {"networks": networks, "channels": channels, "projects": projects, "due": due, "wiki": wiki.software}
    figures.tell(Report("many", given, busy, found, [plot]), into)


async def _process(
    folder: Path,
    wiki: MediaWiki,
    servers: Sequence[InspIRCd],
    places: Sequence[pace.Place],
    names: Sequence[str],
    due: int,
) -> tuple[list[Figure], Plot]:
    networks = {
        f"net{number}": (server.port, [channel for network, channel in places if network == f"net{number}"])
        for number, server in enumerate(servers)
    }
    path = world.configuration_of(folder, networks, wiki.port, wiki.bot_user, list(names), None)
    wanted = names[:due]
    with world.bot(path, wiki.bot_password) as bot:
        async with _people(networks) as there:
            begun = time.perf_counter()
            await asyncio.gather(*(_joined(there[network], channel) for network, channel in places))
            joined, memory = time.perf_counter() - begun, world.resident(bot.pid)
            wiki.stop()
            _log(there, places, wanted)
            await _until_kept(folder, len(wanted))
            wiki.start()
            turns, edits = {}, {}
            for number, what in enumerate(("a page that is made", "a page that is read first", "a page that is known")):
                if number:
                    _log(there, places, wanted)
                turns[what] = await _turns(folder, number * len(wanted), (number + 1) * len(wanted))
                edits[what] = await asyncio.to_thread(_bare, wiki, f"Bare {number}")
            highest = world.highest(bot.pid)
    found = [
        Figure("until the bot is in all channels", joined, "s"),
        Figure("memory then", memory, "MB"),
        Figure("memory at its highest, with all due", highest, "MB", at_most=120),
    ]
    for what, of in turns.items():
        # On the average: a turn in which others are looked up, too, takes longer, and theirs are shorter for it.
        turn, bare = sum(of) / len(of), edits[what]
        found.append(Figure(f"{what}: a bare edit then", bare * 1000, "ms"))
        found.append(Figure(f"{what}: its turn", turn * 1000, "ms"))
        found.append(Figure(f"{what}: its turn, times the edit", turn / bare, at_most=2))
        found.append(Figure(f"{what}: between two of them, p99, times the edit", quantile(of, 0.99) / bare))
    curves = [
        Curve(name, [(float(number), total) for number, total in enumerate(itertools.accumulate(of), 1)])
        for name, of in turns.items()
    ]
    return found, Plot("turns", "Until a page has had its turn", "pages", "s", curves)


@contextlib.asynccontextmanager
async def _people(networks: Mapping[str, tuple[int, Sequence[str]]]) -> AsyncIterator[dict[str, DemoPerson]]:
    """Somebody on each network, in all channels."""
    async with contextlib.AsyncExitStack() as people:
        there: dict[str, DemoPerson] = {}
        for network, (port, channels) in networks.items():
            there[network] = await people.enter_async_context(await DemoPerson.connect("127.0.0.1", port, "bencher"))
            for channel in channels:
                there[network].send(f"JOIN {channel}")
        yield there


async def _joined(person: DemoPerson, channel: str) -> None:
    """Return when the bot is in a channel where the person is."""
    await person.heard(
        lambda line: "labsbot" in line and (f" 353 bencher = {channel} " in line or line.endswith(f" JOIN :{channel}")),
        PATIENCE,
    )


def _log(there: dict[str, DemoPerson], places: Sequence[pace.Place], projects: Sequence[str]) -> None:
    for project, (network, channel) in zip(projects, itertools.cycle(places), strict=False):
        there[network].say(channel, f"!log {project} {TEXT}")


async def _until_kept(folder: Path, wanted: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while _rows(folder, "SELECT count(*) FROM entry") != [(wanted,)]:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.02)


async def _turns(folder: Path, before: int, wanted: int) -> list[float]:
    """When so many are on the wiki: the seconds between one page and the next, of those after the first."""
    await world.until_delivered(folder, wanted, 2 * PATIENCE)
    told = _rows(folder, "SELECT delivered FROM delivery ORDER BY delivered")
    moments = [datetime.fromisoformat(moment) for (moment,) in told][before:]
    return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(moments)]


def _rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder}/journal.sqlite3?mode=ro", uri=True)) as journal:
        return journal.execute(question).fetchall()


def _bare(wiki: MediaWiki, title: str) -> float:
    """The seconds of a bare edit of a page with a day or two, on the average."""
    wiki.edit_as_person(title, world.page_of(200, None))
    by_hand = BareEdits(wiki, wiki.port, title, None)
    times = [by_hand.add(TEXT) for _ in range(31)][1:]
    return sum(times) / len(times)


async def _acceptance(journal: Path, places: Sequence[pace.Place], names: Sequence[str], waiting: int) -> list[float]:
    with closing(Journal.open(journal)) as opened:
        desk = pace.desk(opened, places, names)

        def each(number: int):
            return pace.line(places[number % len(places)], names[number % len(names)])

        await pace.accepted(desk, each, waiting, RATE)
        return await pace.accepted(desk, each, LINES, RATE)


if __name__ == "__main__":
    main()
