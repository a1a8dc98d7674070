"""``python -m bench.outage``: how fast a pile is worked off after an outage, beside as many bare edits.

And how long a line takes to be accepted while the wiki is away and 50 lines a second come in.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from labsbot.chat.announcer import Announcer
from labsbot.delivery import Deliverer
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import DeliveryState, Importance, Log, Privmsg, Sender, place_of
from labsbot.projects import Directory, Shelf
from labsbot.settings import BotPassword, Channel, Limit, MediaWikiSettings, PageSettings, Project, Secret
from labsbot.wiki import open_wiki
from labsbot.wiki.worker import Worker
from tests.nouns import a_front_desk
from tests.servers.mediawiki import MediaWiki

CHANNEL = "#bench"


class Room:
    """The bot without IRC: a front desk, a journal, a deliverer and an announcer that speaks to nobody."""

    def __init__(self, folder: Path, server: MediaWiki, pages: int) -> None:
        page = PageSettings()
        names = [f"outage{number}" for number in range(pages)]
        self.titles = [page.title_for(name.capitalize()) for name in names]
        self.names = names
        self.journal = Journal.open(folder / "journal")
        channel = Channel(CHANNEL, None, page, limit=Limit(lines=100_000, bytes=10**9))
        directory = Directory([Shelf("list", tuple(Project(name) for name in names))])
        self.front_desk = a_front_desk(self.journal.entries, {("bench", CHANNEL): ChannelRules(channel, directory)})
        settings = MediaWikiSettings(server.api, BotPassword(server.bot_user, Secret(server.bot_password)))
        self.wiki = open_wiki(settings)
        self.worker = Worker(self.wiki)
        self.deliverer = Deliverer(self.journal, self.wiki, self.worker, lambda _: page, lambda: datetime.now(UTC))
        self.announcer = Announcer(self.journal.tellings, self, time.monotonic)
        self.said = 0

    def places(self) -> list[tuple[str, str]]:
        return [("bench", CHANNEL)]

    def takes(self, network: str, channel: str) -> bool:
        return True

    def say(self, network: str, target: str, text: str, importance: Importance, became: Callable[[bool], None]) -> bool:
        self.said += 1
        became(True)
        return True

    async def type(self, number: int) -> float:
        """One line; the seconds until it is accepted."""
        text = f"!log {self.names[number % len(self.names)]} restarted what needed it ({number})"
        said = datetime.now(UTC) - timedelta(milliseconds=1)
        sender = Sender(f"nick{number % 5}", "user", "host")
        started = time.perf_counter()
        reply = await self.front_desk.hear(Privmsg("bench", CHANNEL, sender, text, said, None, f"id{number}"))
        assert reply is None, reply
        return time.perf_counter() - started

    async def waiting(self) -> int:
        return sum(
            telling.delivery.state is DeliveryState.PENDING for telling in await self.journal.undelivered.queue()
        )


async def outage(folder: Path, server: MediaWiki, entries: int, pages: int, rate: float) -> None:
    room = Room(folder, server, pages)
    news = room.journal.listen()
    stations = [asyncio.create_task(room.deliverer.run()), asyncio.create_task(room.announcer.run())]
    for number in range(pages):
        await room.type(number)
    while await room.waiting():
        news.clear()
        await news.wait()
    server.stop()
    accepted: list[float] = []
    started = time.perf_counter()
    for number in range(pages, entries + pages):
        await asyncio.sleep(max(0.0, started + len(accepted) / rate - time.perf_counter()))
        accepted.append(await room.type(number))
    server.start()
    back = time.perf_counter()
    logs = [Log(place_of("bench", CHANNEL), name) for name in room.names]
    while await room.journal.deliveries.pending(logs, 1) or await room.waiting():
        news.clear()
        await news.wait()
    took = time.perf_counter() - back
    room.deliverer.stop()
    await stations[0]
    stations[1].cancel()
    standing = sum((server.text(title) or "").count("<span id=") for title in room.titles)
    bare = _bare(server, room.titles)
    room.worker.close()
    room.journal.close()
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
