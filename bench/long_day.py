"""``python -m bench.long_day``: a day of a thousand entries, one after the other, each in an edit of its own.

MediaWiki replaces whole sections, so each edit carries the day as it is by then. How much that is on the wire, and how
long the wiki takes for it, grows with the day; beside it, a bare edit of the same day.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from bench import figures, pace, world
from bench.by_hand import BareEdits
from bench.figures import Figure, Report, quantile
from bench.meter import Meter
from bench.plot import Curve, Plot
from bench.room import PLACE, Room
from tests.servers.mediawiki import MediaWiki

PROJECT = "busy"
TITLE = pace.USUAL.title_for(PROJECT.capitalize())
ORDINARY = 40
"""Entries of a day up to which an edit is to be small, whatever the page."""
PART = 50
"""Entries whose median is a point of the picture."""


@click.command()
@click.option("--entries", default=1000, show_default=True)
@click.option("--size", default=10_000, show_default=True, help="Bytes of the page before that day.")
@figures.into_option
def main(entries: int, size: int, into: Path) -> None:
    """Measure a long day."""
    busy = figures.busy()
    with (
        tempfile.TemporaryDirectory(prefix="labsbot-day-") as place,
        MediaWiki(Path(place) / "wiki") as wiki,
        Meter(wiki.port) as meter,
    ):
        for title in (TITLE, "Bare"):
            wiki.edit_as_person(title, world.page_of(size, None))
        seconds, bytes_up, bare = asyncio.run(_day(Path(place), wiki, meter, entries))
        day = len((wiki.text(TITLE) or "").encode()) - len(world.page_of(size, None).encode())
    ordinary, last = bytes_up[: ORDINARY - 1], slice(-PART, None)
    found = [
        Figure(f"on the wire, most of the first {ORDINARY} entries", max(ordinary) / 1000, "KB", at_most=10),
        Figure("the day in the end", day / 1000, "KB"),
        Figure("on the wire, the last entry", bytes_up[-1] / 1000, "KB"),
        Figure("on the wire, times the day's own bytes", bytes_up[-1] / day, at_most=1.3),
        Figure("an entry, median of the first", quantile(seconds[:PART], 0.5) * 1000, "ms"),
        Figure("an entry, median of the last", quantile(seconds[last], 0.5) * 1000, "ms"),
        Figure("a bare edit, median of the first", quantile(bare[:PART], 0.5) * 1000, "ms"),
        Figure("a bare edit, median of the last", quantile(bare[last], 0.5) * 1000, "ms"),
    ]
    times = [_medians("labsbot", seconds, 1000), _medians("bare edit", bare, 1000)]
    plots = [
        Plot("seconds", "Until an entry is on the wiki", "entries", "ms", times),
        Plot("bytes", "To the wiki for an entry", "entries", "KB", [_medians("labsbot", bytes_up, 0.001)]),
    ]
    figures.tell(
        Report("long-day", {"entries": entries, "size": size, "wiki": wiki.software}, busy, found, plots), into
    )


async def _day(
    folder: Path, wiki: MediaWiki, meter: Meter, entries: int
) -> tuple[list[float], list[float], list[float]]:
    """Of each entry, after the first, which reads the page: its seconds, and its bytes to the wiki; and the seconds of
    a bare edit after it."""
    room = Room(folder, wiki, [PROJECT], api=f"http://127.0.0.1:{meter.port}/api.php")
    by_hand = BareEdits(wiki, wiki.port, "Bare", None)
    seconds, bytes_up, bare = [], [], []
    async with room.open():
        with click.progressbar(range(entries + 1), label="day") as numbers:
            for number in numbers:
                before, began = meter.read(), time.perf_counter()
                assert await room.hear(pace.line(PLACE, PROJECT)) is None
                await room.until_delivered(number + 1)
                seconds.append(time.perf_counter() - began)
                bytes_up.append(float(meter.read().since(before).up))
                bare.append(await asyncio.to_thread(by_hand.add, f"restarted what needed it ({number})"))
    return seconds[1:], bytes_up[1:], bare[1:]


def _medians(name: str, values: Sequence[float], times: float) -> Curve:
    parts = range(0, len(values), PART)
    return Curve(name, [(float(part), quantile(values[part : part + PART], 0.5) * times) for part in parts])


if __name__ == "__main__":
    main()
