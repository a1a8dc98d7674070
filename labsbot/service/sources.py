"""Connect the sources of projects and people with what they read: files of the configuration, pages of the wiki."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from labsbot import projects
from labsbot.config import ConfigurationError, load_people, load_projects
from labsbot.people import roster
from labsbot.refreshed import SourceFailure
from labsbot.settings import Settings, Source
from labsbot.wiki.reader import Reader

T = TypeVar("T")


def sources(settings: Settings) -> list[Source]:
    """Every source of projects, once for each channel that asks it, and for the top."""
    channels = [channel for network in settings.networks for channel in network.channels]
    return [source for channel in (*channels, settings.top) for source in channel.projects]


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
