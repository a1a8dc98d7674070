"""Builds and connects all of it, starts and stops it: the only place that knows every room.

Settings go in; what comes out happens on IRC and on the wiki. Decides nothing about lines, entries or pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from labsbot.announcer import Announcer
from labsbot.catchup import CatchUp
from labsbot.delivery import Deliverer
from labsbot.intake import Intake
from labsbot.irc import Client, RefusedForGood
from labsbot.journal import Journal, wake
from labsbot.model import CaughtUp, Entered, News, Origin
from labsbot.projects import Directory
from labsbot.settings import Channel, FolderSettings, MediaWikiSettings, Network, PageSettings, Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.worker import Worker

log = logging.getLogger("labsbot.service")

ENDING = 8.0
"""Seconds for goodbyes and for an edit under way; what is not done then is found in the journal at the next start."""
REFUSED = 300.0
"""Seconds after which a network that refused us is asked again, while another one may have us."""


class RefusedEverywhere(Exception):
    """Every network refuses us for good: nothing can be heard."""


def utc_now() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run the bot until `stop` is set; then end within ten seconds.

    Raises JournalFailure (also where another labsbot runs on this journal) and RefusedEverywhere.
    """
    with contextlib.closing(Journal.open(settings.journal)) as journal:
        journal.claim()
        intake = Intake(journal, Directory(settings.projects), channels(settings), wiki_for_people(settings.wiki))
        catch_up = CatchUp(journal, intake.hear, settings.networks)
        await catch_up.begin()
        networks = Networks(settings.networks, journal.ring, catch_up.heard_until)
        wiki = open_wiki(settings.wiki)
        worker = Worker(wiki)
        deliverer = Deliverer(journal, wiki, worker, settings_by_origin(settings), utc_now)
        announcer = Announcer(journal, networks, time.monotonic)
        fall_asleep = wake.listen(settings.journal, journal.ring)
        on_irc = asyncio.create_task(networks.run(), name="networks")
        delivering = asyncio.create_task(deliverer.run(), name="deliverer")
        at_the_desk = asyncio.create_task(_front_desk(networks, catch_up), name="front desk")
        announcing = asyncio.create_task(announcer.run(), name="announcer")
        stations = [on_irc, at_the_desk, delivering, announcing]
        try:
            await _first_end(stations, stop)
        finally:
            networks.stop()
            deliverer.stop()
            # What was heard is still accepted, an edit under way may still get its answer; then it is enough.
            last_things = [asyncio.create_task(networks.heard.join()), on_irc, delivering]
            await asyncio.wait(last_things, timeout=ENDING)
            await _cancel([*stations, *last_things])
            fall_asleep()
            worker.close()


class Networks:
    """All networks together: what was heard on any of them, and a way to speak on each."""

    def __init__(
        self,
        networks: Sequence[Network],
        ready: Callable[[], None],
        heard_until: Callable[[str, str], datetime | None],
    ) -> None:
        self.heard: asyncio.Queue[News] = asyncio.Queue()
        self._ready = ready
        self._clients = {
            each.name: Client(each, self._hear, ready, utc_now, functools.partial(heard_until, each.name))
            for each in networks
        }
        self._catching_up: set[tuple[str, str]] = set()
        self._refusing: set[str] = set()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Stay on every network until `stop`. Raises RefusedEverywhere where none lets us in, for good."""
        async with asyncio.TaskGroup() as each:
            for name, client in self._clients.items():
                each.create_task(self._stay_on(name, client), name=f"network {name}")

    async def _stay_on(self, name: str, client: Client) -> None:
        while not self._stopped.is_set():
            try:
                await client.run()
                return
            except RefusedForGood as refusal:
                log.error("network %s refuses us: %s", name, refusal.reason)
                self._refusing.add(name)
                if self._refusing == self._clients.keys():
                    raise RefusedEverywhere(f"every network refuses us; {name}: {refusal.reason}") from refusal
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFUSED):
                    await self._stopped.wait()

    def stop(self) -> None:
        """Say goodbye everywhere; `run` returns soon."""
        self._stopped.set()
        for client in self._clients.values():
            client.stop()

    def _hear(self, news: News) -> None:
        if isinstance(news, Entered):
            self._catching_up.add((news.network, news.channel))
        self.heard.put_nowait(news)

    def caught_up(self, network: str, channel: str) -> None:
        """All that was said in a channel while we were away has been dealt with."""
        self._catching_up.discard((network, channel))
        self._ready()

    def present(self, network: str, channel: str) -> bool:
        """Whether we are in that channel now and have caught up (a network that is configured no more: no)."""
        client = self._clients.get(network)
        return client is not None and client.present(channel) and (network, channel) not in self._catching_up

    def say(self, network: str, target: str, text: str) -> bool:
        """Say one line; False: we are not there, and it was not said."""
        client = self._clients.get(network)
        return client is not None and client.say(target, text)


async def _front_desk(networks: Networks, catch_up: CatchUp) -> None:
    """Deal with what was heard, one after the other, in the order in which it was."""
    while True:
        news = await networks.heard.get()
        try:
            for reply in await catch_up.hear(news):
                networks.say(reply.network, reply.target, reply.text)
        except Exception:  # the guard of one line: nothing that is typed may end the bot
            log.exception("a line on %s failed unexpectedly", news.network)
        finally:
            if isinstance(news, CaughtUp):
                networks.caught_up(news.network, news.channel)
            networks.heard.task_done()


async def _first_end(stations: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait for the signal to stop; a station that ends by itself ends all of it, with its own failure."""
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*stations, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    for station in done:
        if station is stopping:
            continue
        failure = station.exception()
        if isinstance(failure, BaseExceptionGroup):
            raise failure.exceptions[0]
        raise failure or RuntimeError(f"{station.get_name()} ended by itself")


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def channels(settings: Settings) -> dict[tuple[str, str], Channel]:
    """Every configured channel, by network and name."""
    return {(network.name, channel.name): channel for network in settings.networks for channel in network.channels}


def settings_by_origin(settings: Settings) -> Callable[[Origin], PageSettings]:
    """How entries are written: as their channel says; as the top says where the channel is configured no more."""
    pages = {place: channel.page for place, channel in channels(settings).items()}
    return lambda origin: pages.get((origin.network, origin.channel), settings.page)


def wiki_for_people(wiki: MediaWikiSettings | FolderSettings) -> str:
    """What people call the wiki: its host, or the folder."""
    return str(wiki.folder) if isinstance(wiki, FolderSettings) else str(urlsplit(wiki.api).hostname)
