"""What holds in a place: its own keys come in with what is set farther up; the nearer is put over the farther."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labsbot.config import keys
from labsbot.config.builders.access import access, each_once
from labsbot.config.builders.building import Building
from labsbot.config.builders.pages import page_keys
from labsbot.config.builders.sources import project_sources
from labsbot.config.tree import KeyPath
from labsbot.settings import Access, Limit, Rule, Source


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds in a place, and below it unless something else is said there."""

    page: Mapping[str, Any]
    access: Access
    ignore: tuple[Rule, ...]
    limit: Limit
    help_word: str | None
    sources: tuple[Source, ...] | None
    """None where nobody has said, or not all that was said is right."""


NOTHING_SAID = Holding({}, Access(), (), Limit(), None, None)
"""What holds above the top."""


def holding(building: Building, place: keys.PlaceKeys, above: Holding, path: KeyPath) -> Holding:
    """What holds at `path`: `page` key by key, `deny` and `ignore` added to those above, the others instead of them."""
    each_once(building, place.ignore, [(*path, "ignore", n) for n in range(len(place.ignore))])
    sources = project_sources(building, place.projects, (*path, "projects"))
    return Holding(
        page=page_keys(building, place.page, above.page, (*path, "page")),
        access=access(building, place, path).within(above.access),
        ignore=tuple(dict.fromkeys((*above.ignore, *place.ignore))),
        limit=_limit(place.limit) if place.limit else above.limit,
        help_word=(place.commands.help or None) if place.commands else above.help_word,
        sources=sources if building.stands((*path, "projects")) else above.sources,
    )


def _limit(limit: keys.LimitKeys) -> Limit:
    return Limit(limit.lines, limit.per, limit.relay, limit.bytes)
