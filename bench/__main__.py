"""``python -m bench``: every figure of the documentation, measured in one run on this machine and printed as tables."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import click
import mwclient

from bench import world
from bench.meter import Meter, Reading
from labsbot.demo.person import DemoPerson
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
def main(entries: int, naive: int, idle: float, replay: Path | None) -> None:
    """Measure labsbot beside a bare section edit and beside the naive way, on a real wiki and a real IRC server."""
    messages = _messages(replay)
    with contextlib.ExitStack() as doors:
        folder = Path(doors.enter_context(tempfile.TemporaryDirectory(prefix="labsbot-bench-")))
        wiki = doors.enter_context(mediawiki.MediaWiki(folder / "wiki"))
        meter = doors.enter_context(Meter(wiki.port))
        irc = doors.enter_context(InspIRCd())
        for layout, heading in (("a page of its own", None), (f"below “{HEADING}”", HEADING)):
            print(f"\nOne entry at a time, {layout}; {entries} entries on each page\n")
            _head("page", "way", "ms median", "ms p95", "× bare", "requests", "KB up", "KB down")
            place = folder / ("own" if heading is None else "heading")
            place.mkdir()
            asyncio.run(_sizes(place, wiki, meter, irc.port, heading, entries, naive, messages))
        print("\nThe process\n")
        _process(folder, wiki, irc.port, idle)


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
) -> None:
    projects = [f"p{number}" for number in range(len(SIZES))]
    path = world.configuration(folder, irc_port, meter.port, wiki.bot_user, projects, heading)
    with world.bot(path, wiki.bot_password):
        async with await DemoPerson.connect("127.0.0.1", irc_port, "bencher") as bencher:
            await bencher.join(world.CHANNEL)
            await bencher.heard(lambda line: "labsbot" in line and (" JOIN " in line or " 353 " in line))
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
                    seconds = await _log(bencher, project, message)
                    if number:  # the first entry of a page reads it; the steady state comes after
                        bot.seconds.append(seconds)
                        bot.used.append(meter.read().since(reading))
                    # Each after the same pause: a wiki that has just worked is quicker.
                    await asyncio.sleep(BETWEEN / 2)
                    bare.seconds.append(await asyncio.to_thread(by_hand.add, message))
                    await asyncio.sleep(BETWEEN / 2)
                site = mwclient.Site(f"127.0.0.1:{meter.port}", scheme="http", path="/")
                site.login(wiki.bot_user, wiki.bot_password)
                for _ in range(naive):
                    await asyncio.sleep(BETWEEN / 2)
                    reading = meter.read()
                    old.seconds.append(await asyncio.to_thread(_naive, site, f"Naive {size} {heading}", next(messages)))
                    old.used.append(meter.read().since(reading))
                for series in (bare, bot, old):
                    _row(size, series, bare.median)


async def _log(bencher: DemoPerson, project: str, message: str) -> float:
    """Log one entry; seconds until the answer names its place."""
    since = len(bencher.lines)
    started = time.perf_counter()
    bencher.say(world.CHANNEL, f"!log {project} {message}")
    await bencher.heard(lambda line: "bencher: Logged at " in line, since=since)
    return time.perf_counter() - started


class BareEdits:
    """What nobody can do without: one POST of the day's section, with the base that the last answer gave."""

    def __init__(self, wiki: mediawiki.MediaWiki, port: int, title: str, heading: str | None) -> None:
        # As one with an account, through the same meter, with the token in hand.
        address = SimpleNamespace(api=f"http://127.0.0.1:{port}/api.php")
        self._person = mediawiki.Person(address, "Alice")  # type: ignore[arg-type]
        self._title = title
        self._section = 1 if heading is None else 2
        level = "==" if heading is None else "==="
        first = wiki.text(title) or ""
        self._day = f"{level} {datetime.now(UTC):%Y-%m-%d} {level}"
        older = first.index(level + " 2")
        wiki.edit_as_person(title, f"{first[:older]}{self._day}\n\n{first[older:]}")
        self._base = wiki.history(title)[0]["revid"]

    def add(self, message: str) -> float:
        """Save one more line; seconds."""
        now = datetime.now(UTC)
        name = f"sal-{now:%Y%m%d%H%M%S}-0000"
        entry = f'* <span id="{name}">[[#{name}|{now:%H:%M}]]</span> bencher: {message}'
        heading, _, rest = self._day.partition("\n")
        self._day = f"{heading}\n{entry}\n{rest}".rstrip()
        started = time.perf_counter()
        done = self._person.edit(
            self._title, self._day, section=self._section, baserevid=self._base, summary=f"bencher: {message}"[:400]
        )
        seconds = time.perf_counter() - started
        self._base = done["newrevid"]
        return seconds


def _naive(site: mwclient.Site, title: str, message: str) -> float:
    """The way of the field: the whole page read, a line added, the whole page saved."""
    started = time.perf_counter()
    page = site.pages[title]
    text = page.text()
    day = f"== {datetime.now(UTC):%Y-%m-%d} =="
    if day not in text:
        text = f"{day}\n{text}"
    page.save(text.replace(day, f"{day}\n* {datetime.now(UTC):%H:%M} bencher: {message}", 1), message[:200])
    return time.perf_counter() - started


def _process(folder: Path, wiki: mediawiki.MediaWiki, irc_port: int, idle: float) -> None:
    place = folder / "process"
    place.mkdir()
    path = world.configuration(place, irc_port, wiki.port, wiki.bot_user, ["tools"], None)
    with world.bot(path, wiki.bot_password) as bot:

        async def one_day() -> None:
            async with await DemoPerson.connect("127.0.0.1", irc_port, "bencher") as bencher:
                await bencher.join(world.CHANNEL)
                await bencher.heard(lambda line: "labsbot" in line and (" JOIN " in line or " 353 " in line))
                for number in range(10):
                    await _log(bencher, "tools", f"entry {number}")

        asyncio.run(one_day())
        print(f"memory after ten entries       {world.resident(bot.pid):8.1f} MB   (at most 80)")
        print(f"processor when idle, {idle:3.0f} s     {world.idle_share(bot.pid, idle):8.2%}      (at most 0.50%)")
    times = [asyncio.run(_first_byte(place, wiki)) for _ in range(5)]
    print(f"start to first byte on IRC     {statistics.median(times):8.2f} s    (at most 1.00)")


async def _first_byte(folder: Path, wiki: mediawiki.MediaWiki) -> float:
    """Seconds from the start of the process until it says something to the IRC server."""
    said = asyncio.get_running_loop().create_future()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if not said.done():
            said.set_result(time.perf_counter())
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    path = world.configuration(folder, port, wiki.port, wiki.bot_user, ["tools"], None)
    started = time.perf_counter()
    with world.bot(path, wiki.bot_password):
        seconds: float = await asyncio.wait_for(said, 30) - started
    server.close()
    return seconds


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
