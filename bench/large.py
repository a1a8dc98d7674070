"""``python -m bench.large``: what a journal of a million entries costs, beside one that is empty.

How soon the bot is there, how long a line takes to be accepted when so many a second come in, and how long it takes to
read back what waits and what was logged last.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from bench import figures, pace, world
from bench.figures import Figure, Report, quantile
from bench.plot import Curve, Plot
from bench.search import older_journal
from labsbot.journal import Journal, Reading
from labsbot.model import Privmsg, Sender

PLACE = ("libera", "#cloud")
"""Whose entries `older_journal` makes."""
PROJECTS = [f"p{number}" for number in range(200)]
WAITING = 100
"""Entries that wait while the queue is read."""
TIMES = 30
NOWHERE = 9
"""A port without a wiki: the bot starts all the same."""


@click.command()
@click.option("--entries", default=1_000_000, show_default=True, help="Of the large journal.")
@click.option("--rate", default=200.0, show_default=True, help="Lines a second.")
@click.option("--seconds", default=10.0, show_default=True, help="Of each turn.")
@click.option("--turns", default=5, show_default=True, help="With the empty journal and the large one.")
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
@figures.into_option
def main(entries: int, rate: float, seconds: float, turns: int, folder: Path | None, into: Path) -> None:
    """Measure acceptance, start, queue and last."""
    busy = figures.busy()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="labsbot-large-", dir=folder) as name:
        places = {which: Path(name) / which for which in ("empty", "large")}
        for place in places.values():
            place.mkdir()
        click.echo(f"making {entries} entries", err=True)
        older_journal(places["large"] / "journal.sqlite3", entries)
        click.echo("bringing the journal to this release, as the first start of it does", err=True)
        upgraded = time.perf_counter()
        Journal.open(places["large"] / "journal.sqlite3").close()
        upgraded = time.perf_counter() - upgraded
        starts = [asyncio.run(world.first_byte(places["large"], NOWHERE, "Bot@bot", "none")) for _ in range(5)]
        found = [
            Figure("brought to this release in", upgraded, "s"),
            Figure("start to first byte on IRC, median", quantile(starts, 0.5), "s", at_most=1),
        ]
        taken, read = asyncio.run(_measured(places, int(rate * seconds), rate, turns))
        lines = int(rate * seconds) * turns
        for which, place in places.items():
            kept = _kept(place) - (entries if which == "large" else 0)
            found += [
                Figure(f"{which} journal: a line is accepted, median", quantile(taken[which], 0.5) * 1000, "ms"),
                Figure(f"{which} journal: a line is accepted, p99", quantile(taken[which], 0.99) * 1000, "ms", 10),
                Figure(f"{which} journal: lines lost", lines + WAITING - kept, at_most=0),
            ]
        found += [Figure(f"{what}, p95", quantile(times, 0.95) * 1000, "ms", 50) for what, times in read.items()]
    curves = [
        Curve(f"{which} journal", [(part / 10, quantile(times, part / 1000) * 1000) for part in range(0, 1000, 5)])
        for which, times in taken.items()
    ]
    plot = Plot("acceptance", f"Accepted within, at {rate:.0f} lines a second", "% of the lines", "ms", curves)
    given = {"entries": entries, "rate": rate, "seconds": seconds, "turns": turns}
    figures.tell(Report("large", given, busy, found, [plot]), into)


async def _measured(
    places: dict[str, Path], lines: int, rate: float, turns: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """By journal, the seconds that each line took; by question to the large one, those of its answers."""
    journals = {which: Journal.open(place / "journal.sqlite3") for which, place in places.items()}
    desks = {which: pace.desk(journal, [PLACE], PROJECTS) for which, journal in journals.items()}

    def each(number: int) -> Privmsg:
        return pace.line(PLACE, PROJECTS[number % len(PROJECTS)])

    for desk in desks.values():
        await pace.accepted(desk, each, WAITING, rate)
    reading = Reading(places["large"] / "journal.sqlite3")
    read = {"queue": [_timed(reading.queue) for _ in range(TIMES)]}
    for words in ("!last p7", "!last"):
        read[words] = []
        for number in range(TIMES):
            # each somebody else: who asks too often is told so
            asker = Sender(f"reader{number}{words[-1]}", "user", f"r{number}.example")
            begun = time.perf_counter()
            asked = Privmsg(*PLACE, asker, words, datetime.now(UTC), None, f"{words}{number}")
            reply = await desks["large"].hear(asked)
            read[words].append(time.perf_counter() - begun)
            assert reply is not None, words
            assert "restarted what needed it" in reply.text, reply
    taken: dict[str, list[float]] = {which: [] for which in places}
    for turn in range(turns):
        click.echo(f"turn {turn + 1} of {turns}", err=True)
        for which, desk in desks.items():
            taken[which] += await pace.accepted(desk, each, lines, rate)
    for journal in journals.values():
        journal.close()
    return taken, read


def _timed(question: Callable[[], object]) -> float:
    begun = time.perf_counter()
    question()
    return time.perf_counter() - begun


def _kept(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "journal.sqlite3")) as journal:
        number: int = journal.execute("SELECT count(*) FROM entry").fetchone()[0]
    return number


if __name__ == "__main__":
    main()
