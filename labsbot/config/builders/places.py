"""What holds in a place: its own keys come in with what is set farther up; the nearer is put over the farther."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from labsbot.config import keys
from labsbot.config.builders.access import access, each_once
from labsbot.config.builders.building import Building
from labsbot.config.builders.known import KnownProjects
from labsbot.config.builders.pages import page_keys
from labsbot.config.builders.sources import project_sources
from labsbot.config.tree import KeyPath
from labsbot.settings import Channel, Limit, PageSettings, Source, Words, folded


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds in a place, and below it unless something else is said there."""

    page: Mapping[str, Any]
    channel: Channel
    """A channel there that says nothing itself; it has no name, and its page is not made yet."""
    sources: tuple[Source, ...] | None
    """None where nobody has said, or not all that was said is right."""


NOTHING_SAID = Holding({}, Channel("", None, PageSettings()), None)
"""What holds above the top."""


def holding(building: Building, place: keys.PlaceKeys, above: Holding, path: KeyPath) -> Holding:
    """What holds at `path`: `page`, `commands` and `copies` key by key, `deny` and `ignore` added to those above, the
    others instead of them."""
    each_once(building, place.ignore, [(*path, "ignore", n) for n in range(len(place.ignore))])
    sources = project_sources(building, place.projects, (*path, "projects"))
    farther = above.channel
    here = Holding(
        page=page_keys(building, place.page, above.page, (*path, "page")),
        channel=replace(
            farther,
            access=access(building, place, path).within(farther.access),
            ignore=tuple(dict.fromkeys((*farther.ignore, *place.ignore))),
            limit=limit(place.limit) if place.limit else farther.limit,
            words=_words(building, place.commands, farther.words, (*path, "commands")),
            late=place.late or farther.late,
            correct=place.correct or farther.correct,
            copies={**farther.copies, **_copies(building, place.copies, (*path, "copies"))},
        ),
        sources=sources if building.stands((*path, "projects")) else above.sources,
    )
    if here.sources is not None:
        _copied_are_known(building, place.copies, KnownProjects(building, here.sources), (*path, "copies"))
    return here


def limit(given: keys.LimitKeys) -> Limit:
    return Limit(given.lines, given.per, given.relay, given.bytes)


# --- commands -----------------------------------------------------------------------------------------------------


def _words(building: Building, commands: keys.CommandsKeys | None, farther: Words, path: KeyPath) -> Words:
    """What is typed for what; each word serves for one thing."""
    if commands is None:
        return farther
    said = {key: getattr(commands, key) or None for key in commands.model_fields_set}
    words = replace(farther, **said)
    seen: dict[str, str] = {}
    for key in (field.name for field in fields(words)):
        word = getattr(words, key)
        first = key if word is None else seen.setdefault(folded(word), key)
        if first != key:
            here, other = (key, first) if key in said else (first, key)
            building.wrong((*path, here), f"the same is typed for “{other}”, expected another word, or false")
    if "log" in said and words.log is None:
        building.warn((*path, "log"), "no entries are taken where this holds")
    return words


# --- copies -------------------------------------------------------------------------------------------------------

MOST_COPIES = 9
"""Of one entry: with its own log, as many as can be named in one line."""


def _copies(building: Building, copies: Mapping[str, list[str]], path: KeyPath) -> dict[str, tuple[str, ...]]:
    """The other logs of each project, by its name folded."""
    made: dict[str, tuple[str, ...]] = {}
    for project, others in copies.items():
        if folded(project) in made:
            building.wrong((*path, project), "this project stands here twice (case is not looked at)", key=True)
        if len(others) > MOST_COPIES:
            building.wrong((*path, project), f"expected {MOST_COPIES} other projects at most")
        seen = {folded(project): "the entries are in its own log anyway, expected another project"}
        for n, other in enumerate(others):
            if flaw := seen.get(folded(other)):
                building.wrong((*path, project, n), flaw)
            seen[folded(other)] = "stands here twice (case is not looked at), expected it once"
        made[folded(project)] = tuple(others)
    return made


def _copied_are_known(building: Building, copies: Mapping[str, list[str]], known: KnownProjects, path: KeyPath) -> None:
    for name, others in copies.items():
        project = known.find(name)
        if flaw := known.flaw(name):
            building.wrong((*path, name), flaw, key=True)
        elif project is not None and folded(name) in map(folded, project.aliases):
            building.wrong((*path, name), f"is another name of {project.name}, expected that", key=True)
        for n, other in enumerate(others):
            if flaw := known.flaw(other):
                building.wrong((*path, name, n), flaw)
