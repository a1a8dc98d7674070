"""Tell an operator what a changed configuration does to entries that wait, and remember where they go from now on."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from labsbot.model import Log
from labsbot.refreshed import Keep
from labsbot.service import destinations
from labsbot.service.logs import channels_by_place
from labsbot.service.machine_clock import utc_now
from labsbot.settings import FolderSettings, Settings

log = logging.getLogger("labsbot.service.changes")


def changes(settings: Settings, waiting: Mapping[Log, int]) -> list[str]:
    """What becomes of entries that wait if the bot runs with these settings, where they have changed. Reads, only."""
    kept = _last_destinations(settings).read()
    bound = {place: channel.project for place, channel in channels_by_place(settings).items()}
    return destinations.changes(waiting, kept and kept[0], _destinations(settings), bound)


def tell_changes(settings: Settings, waiting: Mapping[Log, int]) -> None:
    """Say what has changed for entries that wait, and remember what holds from now on."""
    for words in changes(settings, waiting):
        log.warning("%s", words)
    _last_destinations(settings).write(_destinations(settings), utc_now())


def _destinations(settings: Settings) -> destinations.Destinations:
    wiki = settings.wiki
    where = str(wiki.folder) if isinstance(wiki, FolderSettings) else wiki.api
    pages = {place: channel.page.title for place, channel in channels_by_place(settings).items()}
    return destinations.Destinations(where, settings.top.page.title, pages)


def _last_destinations(settings: Settings) -> Keep[destinations.Destinations]:
    return Keep(settings.state / "destinations.json", destinations.dumped, destinations.loaded)
