"""Builds and connects all of it, starts and stops it: the only place that knows every room.

Settings go in; what comes out happens on IRC and on the wiki. Decides nothing about lines, entries or pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from labsbot.announcer import Announcer
from labsbot.delivery import Deliverer
from labsbot.intake import Intake
from labsbot.irc import Client, RefusedForGood
from labsbot.journal import Journal, wake
from labsbot.model import Entry, Privmsg
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
        networks = Networks(settings.networks, ready=journal.ring)
        wiki = open_wiki(settings.wiki)
        worker = Worker(wiki)
        deliverer = Deliverer(journal, wiki, worker, settings_by_entry(settings), utc_now)
        announcer = Announcer(journal, networks, utc_now)
        intake = Intake(journal, Directory(settings.projects), channels(settings), wiki_for_people(settings.wiki))
        fall_asleep = wake.listen(settings.journal, journal.ring)
        on_irc = asyncio.create_task(networks.run(), name="networks")
        delivering = asyncio.create_task(deliverer.run(), name="deliverer")
        at_the_desk = asyncio.create_task(_front_desk(networks, intake), name="front desk")
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

    def __init__(self, networks: Sequence[Network], ready: Callable[[], None]) -> None:
        self.heard: asyncio.Queue[Privmsg] = asyncio.Queue()
        self._clients = {each.name: Client(each, self.heard.put_nowait, ready, utc_now) for each in networks}
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

    def present(self, network: str, channel: str) -> bool:
        """Whether we are in that channel now (a network that is configured no more: no)."""
        client = self._clients.get(network)
        return client is not None and client.present(channel)

    def say(self, network: str, target: str, text: str) -> bool:
        """Say one line; False: we are not there, and it was not said."""
        client = self._clients.get(network)
        return client is not None and client.say(target, text)


async def _front_desk(networks: Networks, intake: Intake) -> None:
    """Deal with the lines one after the other, in the order in which they were heard."""
    while True:
        line = await networks.heard.get()
        try:
            reply = await intake.hear(line)
            if reply is not None:
                networks.say(reply.network, reply.target, reply.text)
        except Exception:  # the guard of one line: nothing that is typed may end the bot
            log.exception("a line of %s in %s failed unexpectedly", line.sender.nick, line.channel)
        finally:
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


def settings_by_entry(settings: Settings) -> Callable[[Entry], PageSettings]:
    """How an entry is written: as its channel says; as the top says where the channel is configured no more."""
    pages = {place: channel.page for place, channel in channels(settings).items()}
    return lambda entry: pages.get((entry.network, entry.channel), settings.page)


def wiki_for_people(wiki: MediaWikiSettings | FolderSettings) -> str:
    """What people call the wiki: its host, or the folder."""
    return str(wiki.folder) if isinstance(wiki, FolderSettings) else str(urlsplit(wiki.api).hostname)
