"""Builds and connects all of it, starts and stops it: the only place that knows every room.

Settings go in; what comes out happens on IRC and on the wiki. Decides nothing about lines, entries or pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from labsbot import leaks, projects, roster
from labsbot.announcer import Announcer
from labsbot.catchup import CatchUp
from labsbot.config import ConfigurationError, load_people, load_projects
from labsbot.delivery import Deliverer
from labsbot.intake import Desk, Intake
from labsbot.journal import Journal, upkeep, wake
from labsbot.model import CaughtUp, Origin
from labsbot.networks import Networks, RefusedEverywhere
from labsbot.projects import Directories
from labsbot.refreshed import SourceFailure
from labsbot.roster import Roster
from labsbot.settings import FolderSettings, MediaWikiSettings, PageSettings, Settings, Source
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader
from labsbot.wiki.worker import Worker

__all__ = ["RefusedEverywhere", "run"]

log = logging.getLogger("labsbot.service")

T = TypeVar("T")

ENDING = 8.0
"""Seconds for goodbyes and for an edit under way; what is not done then is found in the journal at the next start."""


def utc_now() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run the bot until `stop` is set; then end within ten seconds.

    Raises JournalFailure (also where another labsbot runs on this journal) and RefusedEverywhere.
    """
    with contextlib.ExitStack() as doors:
        journal = doors.enter_context(contextlib.closing(Journal.open(settings.journal)))
        journal.claim()
        doors.callback(wake.listen(settings.journal, journal.ring))
        wiki, reader = open_wiki(settings.wiki), Reader(open_wiki(settings.wiki))
        worker = Worker(wiki)
        directories = Directories(sources(settings), settings.state, of_projects(reader), utc_now)
        people = Roster(settings.people, settings.state, of_people(reader), utc_now)
        shapes = (*(leaks.KNOWN if settings.known_secrets else ()), *settings.secrets)
        intake = Intake(journal, desks(settings, directories), wiki_for_people(settings.wiki), people.of, shapes)
        catch_up = CatchUp(journal, intake.hear, settings.networks)
        networks = Networks(settings.networks, journal.ring, utc_now, catch_up.heard_until, settings.state)
        deliverer = Deliverer(journal, wiki, worker, settings_by_origin(settings), utc_now)
        directories.load()
        people.load()
        await catch_up.begin()
        answered: Counter[str] = Counter()
        longest = timedelta(seconds=max(network.catch_up for network in settings.networks))
        stations = {
            "networks": networks.run(),
            "front desk": _front_desk(networks, catch_up, answered),
            "deliverer": deliverer.run(),
            "announcer": Announcer(journal, networks, time.monotonic).run(),
            "projects": directories.run(),
            "people": people.run(),
            "upkeep": upkeep.run(journal, longest, utc_now),
        }
        if settings.metrics:
            from labsbot.metrics import Metrics  # who has no Prometheus need not load it

            figures = Metrics(
                settings.metrics, networks, catch_up, directories, people, journal, worker, answered, utc_now()
            )
            stations["metrics"] = figures.run()
        running = {name: asyncio.create_task(station, name=name) for name, station in stations.items()}
        try:
            await _first_end(list(running.values()), stop)
        finally:
            await _end(networks, deliverer, running)
            worker.close()
            reader.close()


async def _front_desk(networks: Networks, catch_up: CatchUp, answered: Counter[str]) -> None:
    """Deal with what was heard, one after the other, in the order in which it was; count the answers by kind."""
    while True:
        news = await networks.heard.get()
        try:
            for reply in await catch_up.hear(news):
                answered[reply.about.name.lower()] += 1
                networks.say(reply.network, reply.target, reply.text)
        except Exception:  # the guard of one line: nothing that is typed may end the bot
            log.exception("a line on %s failed unexpectedly", news.network)
        finally:
            if isinstance(news, CaughtUp):
                networks.caught_up(news.network, news.channel)
            networks.heard.task_done()


async def _end(networks: Networks, deliverer: Deliverer, running: Mapping[str, asyncio.Task[None]]) -> None:
    """What was heard is still accepted, an edit under way may still get its answer; then it is enough."""
    networks.stop()
    deliverer.stop()
    last_words = asyncio.create_task(_last_words(networks, running["networks"]))
    last_things = [last_words, running["deliverer"]]
    await asyncio.wait(last_things, timeout=ENDING)
    await _cancel([*running.values(), *last_things])


async def _last_words(networks: Networks, station: asyncio.Task[None]) -> None:
    """Return when we have left and all that was heard until then is dealt with; until when that was, comes last."""
    await asyncio.wait([station])
    await networks.heard.join()


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


def sources(settings: Settings) -> list[Source]:
    """Every source of projects, once for each channel that asks it."""
    return [source for network in settings.networks for channel in network.channels for source in channel.projects]


def missing(settings: Settings) -> list[str]:
    """What has to be installed before every source can be asked, in words for an operator."""
    return sorted({words for source in sources(settings) if (words := projects.missing_extra(source.origin))})


def of_projects(reader: Reader) -> projects.Doors:
    """What sources of projects ask of other rooms."""
    return projects.Doors(_from_file(load_projects), projects.Listing(reader.titles, reader.category))


def of_people(reader: Reader) -> roster.Doors:
    """What sources of people ask of other rooms."""
    return roster.Doors(_from_file(load_people), reader.text)


def _from_file(load: Callable[[Path], T]) -> Callable[[Path], T]:
    def read(path: Path) -> T:
        try:
            return load(path)
        except ConfigurationError as failure:
            raise SourceFailure("; ".join(map(str, failure.problems))) from failure

    return read


def desks(settings: Settings, directories: Directories) -> dict[tuple[str, str], Desk]:
    """What holds in every configured channel, by network and name."""
    return {
        (network.name, channel.name): Desk(channel, directories.directory_for(channel.projects), network.relays)
        for network in settings.networks
        for channel in network.channels
    }


def settings_by_origin(settings: Settings) -> Callable[[Origin], PageSettings]:
    """How entries are written: as their channel says; as the top says where the channel is configured no more."""
    pages = {
        (network.name, channel.name): channel.page for network in settings.networks for channel in network.channels
    }
    return lambda origin: pages.get((origin.network, origin.channel), settings.page)


def wiki_for_people(wiki: MediaWikiSettings | FolderSettings) -> str:
    """What people call the wiki: its host, or the folder."""
    return str(wiki.folder) if isinstance(wiki, FolderSettings) else str(urlsplit(wiki.api).hostname)
