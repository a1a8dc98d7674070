"""The keys of announcements come in; which channels hear of which projects goes out."""

from __future__ import annotations

from collections.abc import Iterator

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.builders.known import KnownProjects
from labsbot.config.tree import KeyPath, Table
from labsbot.model import place_of
from labsbot.settings import Announced, Source
from labsbot.text.irc_names import fold


def announced(building: Building, given: keys.AnnounceKeys, sources: tuple[Source, ...]) -> tuple[Announced, ...]:
    """`sources` are those of all projects that scripts can log to."""
    known = KnownProjects(building, sources)
    made: list[Announced] = []
    for name, projects in given.items():
        path: KeyPath = ("announce", name)
        for number, project in enumerate(projects):
            if flaw := known.flaw(project):
                one = (*path, number)
                building.wrong(one if building.stands(one) else path, flaw)
        there = configured_channel(building, name, path, key=True)
        if there is None:
            continue
        if any((each.network, each.channel) == there for each in made):
            building.wrong(path, "is a channel that stands here already, expected it once", key=True)
        made.append(Announced(*there, tuple(projects) or None))
    return tuple(made)


def configured_channel(building: Building, name: str, path: KeyPath, *, key: bool = False) -> tuple[str, str] | None:
    """The network and the channel that is called so; where that is none, or more than one, it is noted."""
    network, _, channel = name.rpartition(" ")
    found = [
        (its_network, one)
        for its_network, one in _channels(building.tree)
        if network in ("", its_network) and fold(one.lower()) == fold(channel.lower())
    ]
    if len(found) > 1:
        named = " or ".join(f"“{place_of(*each)}”" for each in found)
        building.wrong(path, f"several networks have this channel, expected {named}", key=key)
    if not found:
        building.wrong(path, "is no channel that is configured under “irc”, expected one of those", key=key)
    return found[0] if len(found) == 1 else None


def _channels(tree: Table) -> Iterator[tuple[str, str]]:
    """Every channel with its network, whatever is wrong with either."""
    irc = tree.values.get("irc")
    for name, network in irc.values.items() if isinstance(irc, Table) else ():
        channels = network.values.get("channels") if isinstance(network, Table) else None
        for channel in channels.values if isinstance(channels, Table) else ():
            yield name, channel
