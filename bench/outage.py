"""``python -m bench.outage``: how fast a pile is worked off after an outage, beside as many bare edits.

And how long a line takes to be accepted while the wiki is away and 50 lines a second come in.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from pathlib import Path

import click

from bench import pace
from bench.room import PLACE, Room
from labsbot.model import Privmsg
from labsbot.settings import PageSettings
from tests.servers.mediawiki import MediaWiki


async def outage(folder: Path, server: MediaWiki, entries: int, pages: int, rate: float) -> None:
    projects = [f"outage{number}" for number in range(pages)]
    titles = [PageSettings().title_for(project.capitalize()) for project in projects]
    room = Room(folder, server, projects)

    def each(number: int) -> Privmsg:
        return pace.line(PLACE, projects[number % pages])

    async with room.open():
        await pace.accepted(room.front_desk, each, pages, rate)
        await room.until_delivered(pages)
        server.stop()
        accepted = await pace.accepted(room.front_desk, each, entries, rate)
        server.start()
        back = time.perf_counter()
        await room.until_delivered(entries + pages)
        took = time.perf_counter() - back
    standing = sum((server.text(title) or "").count("<span id=") for title in titles)
    bare = _bare(server, titles)
    limit = 3 + 2 * bare
    accepted.sort()
    print(f"entries on the wiki            {standing:8d}        (of {entries + pages}, on {pages} pages)")
    print(f"{pages} bare edits                  {bare:8.2f} s")
    print(
        f"from the wiki's return         {took:8.2f} s      (at most {limit:.2f}: 3 s + 2 × bare)  {took / limit:.2f}"
    )
    print(f"a line is accepted, median     {statistics.median(accepted) * 1000:8.2f} ms")
    print(f"a line is accepted, p99        {accepted[int(len(accepted) * 0.99)] * 1000:8.2f} ms     (at most 10)")
    print(f"lines said in the channel      {room.said:8d}")


def _bare(server: MediaWiki, titles: list[str]) -> float:
    """As many section edits, each one POST, one after the other; seconds."""
    person = server.person("Alice")
    texts = [server.text(title) or "" for title in titles]
    person.edit("Sandbox", "warm")
    started = time.perf_counter()
    for title, text in zip(titles, texts, strict=True):
        person.edit(title, f"{text}\n* one more", section=1, summary="by hand")
    return time.perf_counter() - started


@click.command()
@click.option("--entries", default=1000, show_default=True, help="Lines typed while the wiki is away.")
@click.option("--pages", default=20, show_default=True, help="Pages on which they go.")
@click.option("--rate", default=50.0, show_default=True, help="Lines a second.")
def main(entries: int, pages: int, rate: float) -> None:
    """Measure an outage: acceptance during it, and how long the pile takes when the wiki is back."""
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="labsbot-outage-") as place, MediaWiki(Path(place) / "wiki") as server:
        asyncio.run(outage(Path(place), server, entries, pages, rate))


if __name__ == "__main__":
    main()
