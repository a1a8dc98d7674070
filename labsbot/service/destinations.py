"""Where entries go by the configuration: titles, channels and projects come in. Pure.

Out comes whose log a title is, so that no redirect leads into another project's, and what a changed configuration does
to what waits, in words for an operator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from labsbot.model import Log
from labsbot.settings import folded

NAMED = 20
"""So many changes are told one by one."""

# --- whose log a title is ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogPlace:
    """The logs of a channel."""

    title: str
    """With ``{project}``, or of one page."""
    project: str | None
    """The one project of the channel; None: all that it knows."""
    called: Callable[[str], str | None]
    """What the project is called that somebody has written so; None: there is none."""


def other_log(places: Collection[LogPlace]) -> Callable[[str, str], str | None]:
    """For a log's title and another one: of which other project the latter is the log; None: of none."""

    def of(asked: str, title: str) -> str | None:
        return min(_projects_at(title, places) - _projects_at(asked, places), default=None)

    return of


def _projects_at(title: str, places: Collection[LogPlace]) -> set[str]:
    """The projects whose log has this title."""
    found = set()
    for place in places:
        before, variable, after = place.title.partition("{project}")
        if not variable:
            name = place.project if _same(title, before) else None
        else:
            name = title[len(before) : len(title) - len(after)]
            name = place.called(name) if name and _same(title, f"{before}{name}{after}") else None
        if name is not None and folded(place.project or name) == folded(name):
            found.add(name)
    return found


def _same(one: str, other: str) -> bool:
    """As a wiki compares titles, or more generously: a log too many does no harm here."""
    return folded(one.replace("_", " ")) == folded(other.replace("_", " "))


# --- what waits when the configuration changes ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where the entries of each place of the configuration go."""

    wiki: str
    top: str
    """The title for places that are not configured."""
    places: Mapping[str, str]
    """The title by place."""

    def page(self, log: Log) -> str:
        return self.places.get(log.place, self.top).replace("{project}", log.project)


def changes(
    waiting: Mapping[Log, int],
    before: Destinations | None,
    now: Destinations,
    bound: Mapping[str, str | None],
) -> list[str]:
    """What becomes of entries that wait, where that is not what their senders were told.

    `waiting` says how many wait for which log, `before` is None where nobody knows, and `bound` names the one project
    that a place has.
    """
    told = []
    if before is not None and before.wiki != now.wiki and waiting:
        told.append(f"{_entries(sum(waiting.values()))} for {before.wiki}; now it is {now.wiki} where they go")
    moved: Counter[tuple[str, str, str]] = Counter()
    for log, number in waiting.items():
        there, why = now.page(log), _why(log, now, bound)
        was = there if before is None else before.page(log)
        if was != there or why:
            moved[was, there, why] += number
    for (was, there, why), number in sorted(moved.items()):
        they = "it goes" if number == 1 else "they go"
        goes = f"after this change {they} to “{there}”" if was != there else f"{they} there all the same"
        told.append(f"{_entries(number)} for page “{was}”{why}; {goes}")
    return told if len(told) <= NAMED else [*told[:NAMED], f"and so for {len(told) - NAMED} more pages"]


def _why(log: Log, now: Destinations, bound: Mapping[str, str | None]) -> str:
    network, _, channel = log.place.partition(" ")
    if log.place and log.place not in now.places:
        return f", from {channel} on {network}, which is not configured any more"
    project = bound.get(log.place)
    if project is not None and folded(project) != folded(log.project):
        return f", from {channel}, whose project is {project} now and not {log.project}"
    return ""


def _entries(number: int) -> str:
    return "1 entry waits" if number == 1 else f"{number} entries wait"


# --- kept over a restart ----------------------------------------------------------------------------------------------


def dumped(destinations: Destinations) -> Any:
    return {"wiki": destinations.wiki, "top": destinations.top, "places": dict(sorted(destinations.places.items()))}


def loaded(kept: Any) -> Destinations:
    """The inverse. Raises KeyError, TypeError or ValueError where it is not what `dumped` gave."""
    places = {place: _word(title) for place, title in dict(kept["places"]).items()}
    return Destinations(_word(kept["wiki"]), _word(kept["top"]), places)


def _word(kept: Any) -> str:
    if not isinstance(kept, str):
        raise TypeError(f"{kept!r} is no text")
    return kept
