"""``python -m bench``: one entry at a time, on pages of all sizes and in both layouts; and the process that does it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from bench import figures, world
from bench.by_hand import BareEdits, NaiveEdits
from bench.figures import Figure, Report
from bench.meter import Meter, Reading
from tests.servers import mediawiki
from tests.servers.inspircd import InspIRCd

SIZES = {"1 KB": 1_000, "100 KB": 100_000, "1 MB": 1_000_000}
HEADING = "Server Admin Log"
BETWEEN = 1.1
"""Seconds between two lines: the bot says one a second, and it is its answer that is waited for."""


@dataclass
class Series:
    """What one way of saving an entry took."""

    name: str
    seconds: list[float] = field(default_factory=list)
    used: list[Reading] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@click.command()
@click.option("--entries", default=40, show_default=True, help="Entries on each page, one after the other.")
@click.option("--naive", default=10, show_default=True, help="Entries saved the naive way, per page size.")
@click.option("--idle", default=20.0, show_default=True, help="Seconds for which the idle bot is watched.")
@click.option("--replay", type=click.Path(exists=True, path_type=Path), help="JSON lines with `message`: texts to log.")
@world.wiki_option
@figures.into_option
def main(entries: int, naive: int, idle: float, replay: Path | None, kind: str, into: Path) -> None:
    """Measure labsbot beside a bare section edit and beside the naive way, on a real wiki and a real IRC server."""
    messages, busy, found = _messages(replay), figures.busy(), list[Figure]()
    with contextlib.ExitStack() as doors:
        folder = Path(doors.enter_context(tempfile.TemporaryDirectory(prefix="labsbot-bench-")))
        wiki = doors.enter_context(world.WIKIS[kind](folder / "wiki"))
        meter = doors.enter_context(Meter(wiki.port))
        irc = doors.enter_context(InspIRCd())
        for layout, heading in (("a page of its own", None), (f"below “{HEADING}”", HEADING)):
            print(f"\nOne entry at a time, {layout}; {entries} entries on each page\n")
            _head("page", "way", "ms median", "ms p95", "× bare", "requests", "KB up", "KB down")
            place = folder / ("own" if heading is None else "heading")
            place.mkdir()
            found += asyncio.run(_sizes(place, wiki, meter, irc.port, heading, entries, naive, messages))
        found += _process(folder, wiki, irc.port, idle)
    given = {"entries": entries, "naive": naive, "idle": idle, "wiki": wiki.software}
    figures.tell(Report(world.on_wiki("single", kind), given, busy, found), into)


def _messages(replay: Path | None) -> Iterator[str]:
    texts = ["restarted the web service on tools-webproxy-01, it had run out of file handles (T1234)"]
    if replay:
        texts = [json.loads(line)["message"] for line in replay.read_text().splitlines()]
    while True:
        yield from (text.replace("\n", " ")[:350] for text in texts if text.strip())


async def _sizes(
    folder: Path,
    wiki: mediawiki.MediaWiki,
    meter: Meter,
    irc_port: int,
    heading: str | None,
    entries: int,
    naive: int,
    messages: Iterator[str],
) -> list[Figure]:
    found: list[Figure] = []
    projects = [f"p{number}" for number in range(len(SIZES))]
    path = world.configuration(folder, irc_port, meter.port, wiki.bot_user, projects, heading)
    with world.bot(path, wiki.bot_password):
        async with world.bencher(irc_port) as bencher:
            for project, (size, length) in zip(projects, SIZES.items(), strict=True):
                text = world.page_of(length, heading)
                title = f"Nova Resource:{project.upper()}" + ("/SAL" if heading is None else "")
                wiki.edit_as_person(title, text)
                wiki.edit_as_person(f"Bare {size} {heading}", text)
                wiki.edit_as_person(f"Naive {size} {heading}", text)
                bot, bare, old = Series("labsbot"), Series("bare section edit"), Series("naive")
                by_hand = BareEdits(wiki, meter.port, f"Bare {size} {heading}", heading)
                for number in range(entries + 1):
                    message = next(messages)
                    reading = meter.read()
                    seconds = await world.log(bencher, project, message)
                    if number:  # the first entry of a page reads it; the steady state comes after
                        bot.seconds.append(seconds)
                        bot.used.append(meter.read().since(reading))
                    # Each after the same pause: a wiki that has just worked is quicker.
                    await asyncio.sleep(BETWEEN / 2)
                    bare.seconds.append(await asyncio.to_thread(by_hand.add, message))
                    await asyncio.sleep(BETWEEN / 2)
                naive_edits = NaiveEdits(wiki, meter.port)
                for _ in range(naive):
                    await asyncio.sleep(BETWEEN / 2)
                    reading = meter.read()
                    title = f"Naive {size} {heading}"
                    old.seconds.append(await asyncio.to_thread(naive_edits.add, title, next(messages)))
                    old.used.append(meter.read().since(reading))
                for series in (bare, bot, old):
                    _row(size, series, bare.median)
                found += _figures(f"{'its own' if heading is None else 'a heading'}, {size}", bot, bare, old)
    return found


def _figures(page: str, bot: Series, bare: Series, naive: Series) -> list[Figure]:
    wire = statistics.mean((used.up + used.down) / 1000 for used in bot.used)
    return [
        Figure(f"{page}: a bare edit, median", bare.median * 1000, "ms"),
        Figure(f"{page}: times the bare edit", bot.median / bare.median, at_most=1.15),
        Figure(f"{page}: the naive way, times the bare edit", naive.median / bare.median),
        Figure(f"{page}: requests", statistics.mean(used.requests for used in bot.used), at_most=1),
        Figure(f"{page}: on the wire", wire, "KB", at_most=10),
    ]


def _process(folder: Path, wiki: mediawiki.MediaWiki, irc_port: int, idle: float) -> list[Figure]:
    place = folder / "process"
    place.mkdir()
    path = world.configuration(place, irc_port, wiki.port, wiki.bot_user, ["tools"], None)
    with world.bot(path, wiki.bot_password) as bot:

        async def one_day() -> None:
            async with world.bencher(irc_port) as bencher:
                for number in range(10):
                    await world.log(bencher, "tools", f"entry {number}")

        asyncio.run(one_day())
        memory, share = world.resident(bot.pid), world.idle_share(bot.pid, idle)
    starts = [asyncio.run(world.first_byte(place, wiki.port, wiki.bot_user, wiki.bot_password)) for _ in range(5)]
    return [
        Figure("memory after ten entries", memory, "MB", at_most=80),
        Figure("processor when idle", share * 100, "%", at_most=0.5),
        Figure("start to first byte on IRC, median", statistics.median(starts), "s", at_most=1),
    ]


def _head(*titles: str) -> None:
    print("{:8} {:18} {:>10} {:>8} {:>8} {:>9} {:>8} {:>8}".format(*titles))


def _row(size: str, series: Series, bare: float) -> None:
    ordered = sorted(series.seconds)
    p95 = ordered[int(len(ordered) * 0.95)]
    cells = [f"{series.median * 1000:10.1f}", f"{p95 * 1000:8.1f}", f"{series.median / bare:8.2f}"]
    if series.used:
        cells += [
            f"{statistics.mean(used.requests for used in series.used):9.2f}",
            f"{statistics.mean(used.up for used in series.used) / 1000:8.2f}",
            f"{statistics.mean(used.down for used in series.used) / 1000:8.2f}",
        ]
    print(f"{size:8} {series.name:18} {' '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
