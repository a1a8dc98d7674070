"""Hold what a running bot can exchange: all rules that follow from the settings, with the sources they ask.

A `Rulebook` is drawn up of settings and never changes; `InForce` has the one that holds now. Who is told of
`InForce` asks it each time, so that a reload exchanges everything at one moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from labsbot.desk import secrets
from labsbot.desk.submission import ChannelRules, Home
from labsbot.model import Log, place_of
from labsbot.people.roster import Roster
from labsbot.projects import Directories, Known, Lookup
from labsbot.service.logs import OtherLog, other_log, settings_by_log
from labsbot.service.machine_clock import utc_now
from labsbot.service.sources import of_people, of_projects, sources
from labsbot.settings import Announced, PageSettings, SecretShape, Settings, Words, folded
from labsbot.wiki.reader import Reader

COMMANDS = Words("labsbot log", "labsbot undo", "labsbot amend", None, None)
"""What is typed for what where no channel is."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that follows from these settings and may be other tomorrow."""

    settings: Settings
    directories: Directories
    people: Roster
    other_log: OtherLog

    def channels(self) -> dict[tuple[str, str], ChannelRules]:
        """What holds in every configured channel, by network and name."""
        return {
            (network.name, channel.name): ChannelRules(
                channel, self.directories.directory_for(channel.projects), network.relays, network.nick
            )
            for network in self.settings.networks
            for channel in network.channels
        }

    def for_scripts(self) -> ChannelRules:
        """What holds for what is not said in a channel: the rules of the top, with the projects of all channels where
        the top names none."""
        top = self.settings.top
        known = top.projects or tuple(dict.fromkeys(sources(self.settings)))
        channel = replace(top, projects=known, words=COMMANDS)
        return ChannelRules(channel, self.directories.directory_for(known))

    def home(self, project: str) -> Home:
        """Where the log of a project is that is named without a channel: where a channel is bound to it, else at the
        top, else in the first channel that knows it."""
        places = [
            (network.name, channel, self.directories.directory_for(channel.projects))
            for network in self.settings.networks
            for channel in network.channels
        ]
        for bound in (True, False):
            for network, channel, directory in places:
                if bound == (channel.project is not None) and _is(directory.find(channel.project or project), project):
                    return Home(place_of(network, channel.name), channel.page)
            if self.settings.top.projects:
                break
        return Home("", self.settings.top.page)

    @property
    def announced(self) -> tuple[Announced, ...]:
        """What channels hear of what any script logs."""
        private = frozenset(map(folded, self.settings.web.private)) if self.settings.web else frozenset()
        return tuple(replace(each, private=private) for each in self.settings.announced)

    @property
    def announced_in(self) -> frozenset[tuple[str, str]]:
        """The channels that hear what scripts log, each with its network."""
        tokens = self.settings.web.tokens if self.settings.web else ()
        announced = (*self.settings.announced, *(each.announced for each in tokens if each.announced))
        return frozenset((each.network, each.channel) for each in announced)

    @property
    def shapes(self) -> tuple[SecretShape, ...]:
        """What secrets look like."""
        known = secrets.KNOWN if self.settings.known_secrets else ()
        return (*known, *self.settings.secrets)


def _is(found: Lookup, project: str) -> bool:
    return isinstance(found, Known) and found.project.name == project


def draw_up(settings: Settings, reader: Reader, before: Rulebook | None = None) -> Rulebook:
    """The rules of these settings. A source that is known keeps its answer: that of `before`, else what was kept."""
    directories = Directories(sources(settings), settings.state, of_projects(reader), utc_now)
    people = Roster(settings.people, settings.state, of_people(reader), utc_now)
    directories.load(before.directories if before else None)
    people.load(before.people if before else None)
    return Rulebook(settings, directories, people, other_log(settings, directories))


class InForce:
    """The rules that hold now."""

    def __init__(self, book: Rulebook) -> None:
        self._exchanged = asyncio.Event()
        self.exchange(book)

    def exchange(self, book: Rulebook) -> None:
        """Let these hold from now on."""
        self.book, self._pages = book, settings_by_log(book.settings)
        self.channels, self.for_scripts = book.channels(), book.for_scripts()
        self._exchanged.set()

    def page(self, log: Log) -> PageSettings:
        """How entries of a log are written."""
        return self._pages(log)

    def other_log(self, asked: str, title: str) -> str | None:
        """Of which other project than that of the page that was asked for a title is the log; None: of none."""
        return self.book.other_log(asked, title)

    def ages(self) -> Mapping[str, Mapping[str, timedelta | None]]:
        """How old the answers of the sources are, by kind."""
        return {"projects": self.book.directories.ages(), "people": self.book.people.ages()}

    async def ask_sources(self) -> None:
        """Ask the sources of the rules that hold, until cancelled."""
        while True:
            async with asyncio.TaskGroup() as group:
                asking = [group.create_task(each.run()) for each in (self.book.directories, self.book.people)]
                await self._exchanged.wait()
                self._exchanged.clear()
                for each in asking:
                    each.cancel()
