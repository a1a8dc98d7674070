"""``python -m bench.burst``: many people log at once, onto one page and onto many, beside as many edits the naive way.

From the first line that somebody types until the last entry is on the wiki. That each stands there once is read from
the pages themselves, and their edits are counted in their history.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click

from bench import figures, world
from bench.by_hand import BareEdits, NaiveEdits
from bench.figures import Figure, Report
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki

TEXT = "restarted the web service, it had run out of file handles (T1234), burst {}."
PEOPLE = 5
"""Who type it between them: of one of them alone the IRC server would not take so much at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the burst onto so many pages is to reach."""

    pages: int
    times: float
    """The naive rate."""
    edits: int


WANTED = (Wanted(1, 50, 10), Wanted(20, 15, 60))


@dataclass(frozen=True, slots=True)
class Burst:
    seconds: float
    edits: int
    standing: Counter[str]
    """How often each entry's number stands on the pages."""


@click.command()
@click.option("--entries", default=1000, show_default=True)
@click.option("--size", default=100_000, show_default=True, help="Bytes of each page before the burst.")
@click.option("--by-hand", default=20, show_default=True, help="Bare edits, and edits the naive way, for comparison.")
@world.wiki_option
@figures.into_option
def main(entries: int, size: int, by_hand: int, kind: str, into: Path) -> None:
    """Measure bursts of entries."""
    busy = figures.busy()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="labsbot-burst-") as place, contextlib.ExitStack() as doors:
        wiki, irc = (
            doors.enter_context(world.WIKIS[kind](Path(place) / "wiki")),
            doors.enter_context(InspIRCd(threshold=1_000_000)),
        )
        for wanted in WANTED:
            folder = Path(place) / f"onto-{wanted.pages}"
            folder.mkdir()
            bare, naive = _by_hand(wiki, f"onto {wanted.pages}", size, by_hand)
            burst = asyncio.run(_burst(folder, wiki, irc.port, wanted.pages, entries, size))
            missing, twice = _checked(burst, entries)
            where = f"onto {wanted.pages} page{'s' * (wanted.pages > 1)}"
            found += [
                Figure(f"{where}: a bare edit, median", bare * 1000, "ms"),
                Figure(f"{where}: an edit the naive way, median", naive * 1000, "ms"),
                Figure(f"{where}: {entries} entries took", burst.seconds, "s"),
                Figure(f"{where}: entries a second", entries / burst.seconds),
                Figure(f"{where}: times the naive rate", naive * entries / burst.seconds, at_least=wanted.times),
                Figure(f"{where}: edits", burst.edits, at_most=wanted.edits),
                Figure(f"{where}: edits, bare, would take", bare * burst.edits, "s"),
                Figure(f"{where}: entries missing, or there twice", missing + twice, at_most=0),
            ]
    given = {"entries": entries, "size": size, "by_hand": by_hand, "wiki": wiki.software}
    figures.tell(Report(world.on_wiki("burst", kind), given, busy, found), into)


def _by_hand(wiki: MediaWiki, name: str, size: int, edits: int) -> tuple[float, float]:
    """Seconds of a bare edit and of an edit the naive way, one after the other, by turns."""
    for title in (f"Bare {name}", f"Naive {name}"):
        wiki.edit_as_person(title, world.page_of(size, None))
    bare, naive = BareEdits(wiki, wiki.port, f"Bare {name}", None), NaiveEdits(wiki, wiki.port)
    text = TEXT.format("by hand")
    turns = [(bare.add(text), naive.add(f"Naive {name}", text)) for _ in range(edits + 1)][1:]  # the first logs in
    return statistics.median(each for each, _ in turns), statistics.median(each for _, each in turns)


async def _burst(folder: Path, wiki: MediaWiki, irc_port: int, pages: int, entries: int, size: int) -> Burst:
    projects = [f"onto{pages}x{number}" for number in range(pages)]
    titles = [f"Nova Resource:{project.capitalize()}/SAL" for project in projects]
    for title in titles:
        wiki.edit_as_person(title, world.page_of(size, None))
    before = sum(len(wiki.history(title)) for title in titles)
    path = world.configuration(folder, irc_port, wiki.port, wiki.bot_user, projects, None)
    with world.bot(path, wiki.bot_password):
        async with contextlib.AsyncExitStack() as stack:
            coming = (stack.enter_async_context(world.bencher(irc_port, f"bencher{each}")) for each in range(PEOPLE))
            people = await asyncio.gather(*coming)
            started = time.perf_counter()
            for number in range(entries):
                text = f"!log {projects[number % pages]} {TEXT.format(number)}"
                people[number % PEOPLE].say(world.CHANNEL, text)
            await world.until_delivered(folder, entries)
            seconds = time.perf_counter() - started
    texts = [wiki.text(title) or "" for title in titles]
    standing = Counter(number for text in texts for number in re.findall(r", burst (\d+)\.", text))
    return Burst(seconds, sum(len(wiki.history(title)) for title in titles) - before, standing)


def _checked(burst: Burst, entries: int) -> tuple[int, int]:
    """How many entries are on no page, and how many more than once."""
    missing = sum(str(number) not in burst.standing for number in range(entries))
    return missing, sum(times > 1 for times in burst.standing.values())


if __name__ == "__main__":
    main()
