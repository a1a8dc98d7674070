"""``python -m bench.steady``: somebody logs every second, on some pages by turns, and waits for ``Logged at``.

Half a second after each line a bare edit is made of a page of the same size, so that both meet the same wiki in the
same minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

import click

from bench import figures, world
from bench.by_hand import BareEdits
from bench.figures import Figure, Report, quantile
from bench.plot import Curve, Plot
from tests.servers.inspircd import InspIRCd
from tests.servers.mediawiki import MediaWiki

TEXT = "restarted the web service on tools-webproxy-01, it had run out of file handles (T{})"


@click.command()
@click.option("--minutes", default=5.0, show_default=True)
@click.option("--pages", default=5, show_default=True)
@click.option("--size", default=10_000, show_default=True, help="Bytes of each page before.")
@click.option("--every", default=1.0, show_default=True, help="Seconds between two lines.")
@world.wiki_option
@figures.into_option
def main(minutes: float, pages: int, size: int, every: float, kind: str, into: Path) -> None:
    """Measure a steady pace."""
    busy = figures.busy()
    with tempfile.TemporaryDirectory(prefix="labsbot-steady-") as place, contextlib.ExitStack() as doors:
        wiki, irc = doors.enter_context(world.WIKIS[kind](Path(place) / "wiki")), doors.enter_context(InspIRCd())
        entries = int(minutes * 60 / every)
        replies, bare, edits = asyncio.run(_steady(Path(place), wiki, irc.port, pages, size, entries, every))
    median, slowest = quantile(bare, 0.5), quantile(bare, 0.99)
    found = [
        Figure("a bare edit, median", median * 1000, "ms"),
        Figure("a bare edit, p99", slowest * 1000, "ms"),
        Figure("the answer, median", quantile(replies, 0.5) * 1000, "ms"),
        Figure("the answer, p99", quantile(replies, 0.99) * 1000, "ms"),
        Figure("the answer, median, times the bare edit's", quantile(replies, 0.5) / median, at_most=1.15),
        Figure("the answer, p99, times the bare edit's p99", quantile(replies, 0.99) / slowest, at_most=2),
        Figure("edits an entry", edits / entries, at_most=1, at_least=1),
    ]
    curves = [
        Curve(name, [(number * every / 60, seconds * 1000) for number, seconds in enumerate(times)])
        for name, times in (("labsbot", replies), ("bare edit", bare))
    ]
    given = {"minutes": minutes, "pages": pages, "size": size, "every": every, "wiki": wiki.software}
    plot = Plot("replies", "From a line to its answer", "minutes", "ms", curves)
    figures.tell(Report(world.on_wiki("steady", kind), given, busy, found, [plot]), into)


async def _steady(
    folder: Path, wiki: MediaWiki, irc_port: int, pages: int, size: int, entries: int, every: float
) -> tuple[list[float], list[float], int]:
    """Seconds until each answer, those of each bare edit, and how many edits the bot made."""
    projects = [f"steady{number}" for number in range(pages)]
    titles = [f"Nova Resource:{project.capitalize()}/SAL" for project in projects]
    for number, title in enumerate(titles):
        for each in (title, f"Bare {number}"):
            wiki.edit_as_person(each, world.page_of(size, None))
    by_hand = [BareEdits(wiki, wiki.port, f"Bare {number}", None) for number in range(pages)]
    replies: list[float] = []
    bare: list[float] = []
    path = world.configuration(folder, irc_port, wiki.port, wiki.bot_user, projects, None)
    with world.bot(path, wiki.bot_password):
        async with world.bencher(irc_port) as bencher:
            for number in range(pages):  # the first entry of a page reads it; the steady state comes after
                await world.log(bencher, projects[number], TEXT.format(number))
                by_hand[number].add(TEXT.format(number))
                await asyncio.sleep(every)
            before = sum(len(wiki.history(title)) for title in titles)
            started = time.perf_counter()
            with click.progressbar(range(entries), label="steady") as numbers:
                for number in numbers:
                    await _until(started + number * every)
                    replies.append(await world.log(bencher, projects[number % pages], TEXT.format(number)))
                    await _until(started + (number + 0.5) * every)
                    bare.append(await asyncio.to_thread(by_hand[number % pages].add, TEXT.format(number)))
    return replies, bare, sum(len(wiki.history(title)) for title in titles) - before


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.perf_counter()))


if __name__ == "__main__":
    main()
