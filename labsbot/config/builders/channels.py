"""The keys of a channel come in; the channel goes out, with what its projects, page and rules mean together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from labsbot.config import keys
from labsbot.config.builders.access import members_known
from labsbot.config.builders.building import Building
from labsbot.config.builders.known import KnownProjects
from labsbot.config.builders.pages import page_settings
from labsbot.config.builders.places import Holding, holding
from labsbot.config.builders.secrets import secret_or_none
from labsbot.config.builders.sources import knows_members
from labsbot.config.tree import KeyPath
from labsbot.settings import Channel, Listed, PageSettings, Source
from labsbot.text.irc_names import fold
from labsbot.text.names import title_flaw


def channels(
    building: Building, named: Mapping[str, keys.ChannelKeys], above: Holding, path: KeyPath
) -> tuple[Channel, ...]:
    _each_once(building, named, path)
    return tuple(_channel(building, name, channel, above, (*path, name)) for name, channel in named.items())


def _each_once(building: Building, channels: Iterable[str], path: KeyPath) -> None:
    seen: dict[str, str] = {}
    for name in channels:
        first = seen.setdefault(fold(name.lower()), name)
        if first != name:
            building.wrong((*path, name), f"is the same channel as {first}, expected it once", key=True)
    if building.count(path) == 0:
        building.wrong(path, "is empty, expected a channel")


def _channel(building: Building, name: str, channel: keys.ChannelKeys, above: Holding, path: KeyPath) -> Channel:
    here = holding(building, channel, above, path)
    page = page_settings(here.page)
    if channel.project is None and "{project}" not in page.title:
        building.warn(path, "all projects write to one page here: the page's title does not hold {project}")
    if here.sources is not None:
        known = KnownProjects(building, here.sources)
        place = building.nearest(path, "projects")
        if len(place) > len(building.nearest(path, "copies")):
            _copied_from_above(building, here.channel.copies, known, path)
        titles_fit(building, here.sources, page, place)
        if channel.project is not None and (flaw := known.flaw(channel.project)):
            building.wrong((*path, "project"), flaw)
        if not any(map(knows_members, here.sources)):
            missing = f"a source of projects that does in {name}, or another rule"
            members_known(building, here.channel.access, building.nearest(path, "allow"), missing)
    return replace(
        here.channel,
        name=name,
        project=channel.project,
        page=page,
        key=secret_or_none(building, channel.key, (*path, "key")),
        projects=here.sources or (),
    )


def _copied_from_above(
    building: Building, copies: Mapping[str, tuple[str, ...]], known: KnownProjects, path: KeyPath
) -> None:
    """Note copies that are said farther up, to logs that the channel's own sources do not know."""
    for project, others in copies.items():
        lost = [other for other in others if known.flaw(other)] if known.find(project) else []
        if lost:
            words = f"entries of {project} are copied to {', '.join(lost)}, which is no project in use in {path[-1]}"
            building.wrong(building.nearest(path, "copies"), f"{words}: there, set copies: {{{project}: []}}")


def titles_fit(building: Building, sources: tuple[Source, ...], page: PageSettings, path: KeyPath) -> None:
    """Note each project of the lists at `path` whose name makes the page's title wrong."""
    for n, source in enumerate(sources):
        for project in source.origin.projects if isinstance(source.origin, Listed) else ():
            if flaw := title_flaw(page.title_for(source.prefix + project.name)):
                building.wrong((*path, n, "list", project.name), flaw, key=True)
