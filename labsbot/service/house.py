"""Builds and connects all of it, starts and stops it: the only place that knows every room.

Settings go in; what comes out happens on IRC and on the wiki. Decides nothing about lines, entries or pages.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from labsbot import projects
from labsbot.chat.announcer import Announcer
from labsbot.chat.networks import Networks, RefusedEverywhere
from labsbot.config import ConfigurationError, load_people, load_projects
from labsbot.delivery import Deliverer
from labsbot.desk import secrets
from labsbot.desk.answer import About
from labsbot.desk.catchup import CatchUp
from labsbot.desk.desk import Desk
from labsbot.desk.entries import entry_id
from labsbot.desk.gates import all_gates
from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.submission import ChannelRules
from labsbot.irc import Watch, missing_for_login
from labsbot.journal import Journal, upkeep, wake
from labsbot.model import ClockReading, Delivery, Entry, Importance, Log, WikiFailure, place_of
from labsbot.people import roster
from labsbot.people.roster import Roster
from labsbot.projects import Directories
from labsbot.refreshed import Keep, SourceFailure
from labsbot.service import destinations
from labsbot.service.clocks import Clocks
from labsbot.settings import Channel, FolderSettings, Listed, MediaWikiSettings, PageSettings, Settings, Source
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader
from labsbot.wiki.worker import Worker
from labsbot.wikitext import render

__all__ = ["RefusedEverywhere", "run"]

log = logging.getLogger("labsbot.service.house")

T = TypeVar("T")

ENDING = 8.0
"""Seconds for goodbyes and for an edit under way; what is not done then is found in the journal at the next start."""

CORRECT = 3600.0
"""Seconds for which an entry may be corrected."""

IN_A_ROW = 50
"""Pieces of news that are dealt with before everybody else in the loop gets their turn, at least."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def steady() -> float:
    """Seconds, also those for which the machine sleeps; nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Run the bot until `stop` is set; then end within ten seconds.

    Raises JournalFailure (also where another labsbot runs on this journal) and RefusedEverywhere.
    """
    with contextlib.ExitStack() as doors:
        journal = doors.enter_context(contextlib.closing(Journal.open(settings.journal)))
        journal.claim()
        doors.callback(wake.listen(settings.journal, journal.ring))
        tell_changes(settings, await journal.pending_by_log())
        reader = Reader(open_wiki(settings.wiki))
        clocks = outside_clocks(settings, reader, lambda: networks.ask_time())
        directories = Directories(sources(settings), settings.state, of_projects(reader), utc_now)
        people = Roster(settings.people, settings.state, of_people(reader), utc_now)
        shapes = (*(secrets.KNOWN if settings.known_secrets else ()), *settings.secrets)
        places, wiki_name = desks(settings, directories), wiki_for_people(settings.wiki)
        operator = settings.operator or "an operator"
        pages = settings_by_log(settings)
        desk = Desk(journal, all_gates(wiki_name, size_on_page, operator), wiki_name, operator, pages)
        catch_up = CatchUp(journal, IrcLines(desk, places, people.of, shapes).hear, settings.networks)
        heard_until, watch = catch_up.heard_until, watch_for(clocks)
        networks = Networks(settings.networks, journal.ring, clocks.now, heard_until, settings.state, watch)
        wiki = open_wiki(settings.wiki, destinations.other_log(_logs(settings, directories)))
        worker = Worker(wiki)
        size = settings.wiki.largest_edit
        deliverer = Deliverer(journal, wiki, worker, pages, utc_now, largest=size)
        directories.load()
        people.load()
        await catch_up.begin()
        answered: Counter[str] = Counter()
        longest = timedelta(seconds=max(network.catch_up for network in settings.networks))
        stations = {
            "networks": networks.run(),
            "front desk": _front_desk(networks, catch_up, answered),
            "deliverer": deliverer.run(),
            "announcer": Announcer(journal, networks, time.monotonic, settings.operator or "An operator").run(),
            "clocks": clocks.run(),
            "projects": directories.run(),
            "people": people.run(),
            "upkeep": upkeep.run(journal, longest, CORRECT, utc_now),
        }
        if settings.metrics:
            from labsbot.service.metrics import Metrics  # who has no Prometheus need not load it

            rooms = networks, catch_up, clocks, directories, people, journal, worker
            figures = Metrics(settings.metrics, *rooms, answered, utc_now())
            stations["metrics"] = figures.run()
        running = {name: asyncio.create_task(station, name=name) for name, station in stations.items()}
        first_look = asyncio.create_task(_try_wiki(wiki.name, reader))
        try:
            await _first_end(list(running.values()), stop)
        finally:
            await _end(networks, deliverer, running)
            await _cancel([first_look])
            worker.close()
            reader.close()


async def _try_wiki(name: str, reader: Reader) -> None:
    """Say in the log whether the wiki lets us in, before there is anything to write."""
    try:
        await reader.login()
    except WikiFailure as failure:
        log.warning("wiki %s: %s; what is logged waits in the journal until that is mended", name, failure)
    else:
        log.info("wiki %s lets us in", name)


async def _front_desk(networks: Networks, catch_up: CatchUp, answered: Counter[str]) -> None:
    """Deal with what was heard, one after the other, in the order in which it was; count the answers by kind."""
    for number in itertools.count():
        if number % IN_A_ROW == 0:
            await asyncio.sleep(0)  # neither a queue that is not empty nor a line that needs no journal gives way
        news = await networks.heard.get()
        try:
            for reply in await catch_up.hear(news):
                answered[reply.about.name.lower()] += 1
                # what is for one person alone, such as that they said a secret aloud, is no mere refusal
                refusal = reply.about is not About.NOTE and reply.target == news.channel
                importance = Importance.REFUSAL if refusal else Importance.ANSWER
                networks.say(reply.network, reply.target, reply.text, importance)
        except Exception:  # the guard of one line: nothing that is typed may end the bot
            log.exception("a line on %s failed unexpectedly", news.network)
        finally:
            networks.done(news)


async def _end(networks: Networks, deliverer: Deliverer, running: Mapping[str, asyncio.Task[None]]) -> None:
    """What was heard is still accepted, an edit under way may still get its answer; then it is enough."""
    networks.stop()
    deliverer.stop()
    last_words = asyncio.create_task(_last_words(networks, running["networks"]))
    last_things = [last_words, running["deliverer"]]
    await asyncio.wait(last_things, timeout=ENDING)
    await _cancel([*running.values(), *last_things])
    if left := networks.unheard():
        # until when a channel was heard comes after them in the queue, and so is not kept either
        log.warning(
            "%d lines that were heard are not dealt with: the networks are asked for them at the next start", left
        )


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
    """What has to be installed before every source can be asked and every login tried, in words for an operator."""
    of_sources = (projects.missing_extra(source.origin) for source in sources(settings))
    of_logins = (missing_for_login(login) for network in settings.networks for login in network.sasl)
    return sorted({words for words in (*of_sources, *of_logins) if words})


def of_projects(reader: Reader) -> projects.ProjectReaders:
    """What sources of projects ask of other rooms."""
    return projects.ProjectReaders(_from_file(load_projects), projects.PageLists(reader.titles, reader.category))


def of_people(reader: Reader) -> roster.PeopleReaders:
    """What sources of people ask of other rooms."""
    return roster.PeopleReaders(_from_file(load_people), reader.text)


def _from_file(load: Callable[[Path], T]) -> Callable[[Path], T]:
    def read(path: Path) -> T:
        try:
            return load(path)
        except ConfigurationError as failure:
            raise SourceFailure("; ".join(map(str, failure.problems))) from failure

    return read


def outside_clocks(settings: Settings, reader: Reader, ask_networks: Callable[[], None] = lambda: None) -> Clocks:
    """The clocks that ours is compared with; those of networks are told by who watches them."""
    by_proxy = {server.host for network in settings.networks if network.proxy for server in network.servers}

    async def addresses(host: str) -> frozenset[str]:
        if host in by_proxy:
            return frozenset()  # what is reached by a proxy is not for our resolver to know
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
        except OSError:
            return frozenset()
        return frozenset(str(address[0]) for *_, address in found)

    async def ask() -> ClockReading | None:
        try:
            return await reader.clock(steady)
        except WikiFailure as failure:
            log.debug("the wiki's clock cannot be read: %s", failure)
            return None

    wiki = (wiki_for_people(settings.wiki), ask) if isinstance(settings.wiki, MediaWikiSettings) else None
    return Clocks(utc_now, steady, addresses, wiki, ask_networks)


def watch_for(clocks: Clocks) -> Callable[[str], Watch]:
    """Who reads the clocks of a network's servers."""
    return lambda network: Watch(steady, lambda server, reading: clocks.heard(network, server.host, reading))


def desks(settings: Settings, directories: Directories) -> dict[tuple[str, str], ChannelRules]:
    """What holds in every configured channel, by network and name."""
    return {
        (network.name, channel.name): ChannelRules(
            channel, directories.directory_for(channel.projects), network.relays, network.nick
        )
        for network in settings.networks
        for channel in network.channels
    }


def size_on_page(page: PageSettings, project: str, entry: Entry) -> int:
    """The bytes that an entry takes on its page: made harmless, some signs are six times as long as they were typed."""
    kept = replace(entry, id=entry_id(entry.said))
    return len(
        render(page, Delivery(0, kept, Log("", project), entry.said.date(), "00:00")).encode("utf-8", "replace")
    ) + len("\n")


def settings_by_log(settings: Settings) -> Callable[[Log], PageSettings]:
    """How entries are written: as the log's place says; as the top says where that is configured no more."""
    pages = {place: channel.page for place, channel in _channels(settings).items()}
    return lambda log: pages.get(log.place, settings.page)


def _channels(settings: Settings) -> dict[str, Channel]:
    """Every configured channel, by its place."""
    return {
        place_of(network.name, channel.name): channel for network in settings.networks for channel in network.channels
    }


def other_log(settings: Settings, reader: Reader) -> Callable[[str, str], str | None]:
    """As `destinations.other_log`, where no bot runs: by what stands in the configuration and was kept of sources."""
    directories = Directories(sources(settings), settings.state, of_projects(reader), utc_now)
    directories.load()
    return destinations.other_log(_logs(settings, directories))


def listed_titles(settings: Settings) -> list[str]:
    """The titles of the logs of all projects that stand in the configuration."""
    return sorted(
        {
            channel.page.title_for(f"{source.prefix}{project.name}")
            for network in settings.networks
            for channel in network.channels
            for source in channel.projects
            if isinstance(source.origin, Listed)
            for project in source.origin.projects
        }
    )


def _logs(settings: Settings, directories: Directories) -> list[destinations.LogPlace]:
    """The logs of each channel."""

    def called(sources: tuple[Source, ...]) -> Callable[[str], str | None]:
        directory = directories.directory_for(sources)

        def find(name: str) -> str | None:
            # The wiki's thread asks: at worst it sees what a source said a moment ago.
            match directory.find(name):
                case projects.Known(project):
                    return project.name
                case projects.Retired(name=retired):
                    return retired
            return None

        return find

    channels = [channel for network in settings.networks for channel in network.channels]
    return [destinations.LogPlace(each.page.title, each.project, called(each.projects)) for each in channels]


def changes(settings: Settings, waiting: Mapping[Log, int]) -> list[str]:
    """What becomes of entries that wait if the bot runs with these settings, where they have changed. Reads, only."""
    kept = _last_destinations(settings).read()
    bound = {place: channel.project for place, channel in _channels(settings).items()}
    return destinations.changes(waiting, kept and kept[0], _destinations(settings), bound)


def tell_changes(settings: Settings, waiting: Mapping[Log, int]) -> None:
    """Say what has changed for entries that wait, and remember what holds from now on."""
    for words in changes(settings, waiting):
        log.warning("%s", words)
    _last_destinations(settings).write(_destinations(settings), utc_now())


def _destinations(settings: Settings) -> destinations.Destinations:
    wiki = settings.wiki
    where = str(wiki.folder) if isinstance(wiki, FolderSettings) else wiki.api
    pages = {place: channel.page.title for place, channel in _channels(settings).items()}
    return destinations.Destinations(where, settings.page.title, pages)


def _last_destinations(settings: Settings) -> Keep[destinations.Destinations]:
    return Keep(settings.state / "destinations.json", destinations.dumped, destinations.loaded)


def wiki_for_people(wiki: MediaWikiSettings | FolderSettings) -> str:
    """What people call the wiki: its host, or the folder."""
    return str(wiki.folder) if isinstance(wiki, FolderSettings) else str(urlsplit(wiki.api).hostname)
