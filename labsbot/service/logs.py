"""Say by the settings where a project's log is and how it is written: which page, whose, how large, on which wiki."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

from labsbot.desk.entries import entry_id
from labsbot.model import Delivery, Entry, Log, place_of
from labsbot.projects import Directories, Known, Retired
from labsbot.service import destinations
from labsbot.service.machine_clock import utc_now
from labsbot.service.sources import of_projects, sources
from labsbot.settings import Channel, FolderSettings, Listed, MediaWikiSettings, PageSettings, Settings, Source
from labsbot.wiki.reader import Reader
from labsbot.wikitext import render

OtherLog = Callable[[str, str], str | None]
"""For a log's title and another one: of which other project the latter is the log; None: of none."""


def settings_by_log(settings: Settings) -> Callable[[Log], PageSettings]:
    """How entries are written: as the log's place says; as the top says where that is configured no more."""
    pages = {place: channel.page for place, channel in channels_by_place(settings).items()}
    return lambda log: pages.get(log.place, settings.top.page)


def channels_by_place(settings: Settings) -> dict[str, Channel]:
    """Every configured channel."""
    return {
        place_of(network.name, channel.name): channel for network in settings.networks for channel in network.channels
    }


def size_on_page(page: PageSettings, project: str, entry: Entry) -> int:
    """The bytes that an entry takes on its page: made harmless, some signs are six times as long as they were typed."""
    kept = replace(entry, id=entry_id(entry.said, token=lambda: "0000"))
    line = render(page, Delivery(0, kept, Log("", project), entry.said.date(), "00:00"))
    return len(line.encode("utf-8", "replace")) + len("\n")


def listed_titles(settings: Settings) -> list[str]:
    """The titles of the logs of all projects that stand in the configuration."""
    return sorted(
        {
            channel.page.title_for(f"{source.prefix}{project.name}")
            for channel in channels_by_place(settings).values()
            for source in channel.projects
            if isinstance(source.origin, Listed)
            for project in source.origin.projects
        }
    )


def other_log(settings: Settings, directories: Directories) -> OtherLog:
    """By what stands in the configuration and what its sources have said."""
    channels = channels_by_place(settings).values()
    places = [
        destinations.LogPlace(each.page.title, each.project, _called(directories, each.projects)) for each in channels
    ]
    return destinations.other_log(places)


def other_log_at_rest(settings: Settings, reader: Reader) -> OtherLog:
    """The same where no bot runs: by what was kept of sources."""
    directories = Directories(sources(settings), settings.state, of_projects(reader), utc_now)
    directories.load()
    return other_log(settings, directories)


def _called(directories: Directories, asked: tuple[Source, ...]) -> Callable[[str], str | None]:
    directory = directories.directory_for(asked)

    def find(name: str) -> str | None:
        # The wiki's thread asks: at worst it sees what a source said a moment ago.
        match directory.find(name):
            case Known(project):
                return project.name
            case Retired(name=retired):
                return retired
        return None

    return find


def address_of_page(wiki: MediaWikiSettings | FolderSettings, title: str) -> str | None:
    """Where any page of the wiki is read, whatever its short addresses are; None: of a folder nobody knows."""
    if isinstance(wiki, FolderSettings) or not wiki.api.endswith("/api.php"):
        return None
    return f"{wiki.api.removesuffix('api.php')}index.php?{urlencode({'title': title})}"


def wiki_for_people(wiki: MediaWikiSettings | FolderSettings) -> str:
    """What people call the wiki: its host; of a folder, where its pages can be read. Its path is told to nobody: who
    reads a channel cannot look there."""
    return wiki.url or "the wiki" if isinstance(wiki, FolderSettings) else str(urlsplit(wiki.api).hostname)
