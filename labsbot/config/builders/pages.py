"""The keys of a page come in, with those that are set farther up; the settings of the page go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from labsbot.config import keys
from labsbot.config.builders.building import Building
from labsbot.config.tree import KeyPath
from labsbot.settings import ArchivedBy, ArchiveSettings, Author, LinkPattern, Order, PageSettings


def page_keys(building: Building, page: keys.PageKeys, above: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
    """What is set of a page here or farther up; what is set here wins."""
    given = {**above, **{key: getattr(page, key) for key in page.model_fields_set}}
    if given.get("heading") is not None and given.get("level", 3) < 2 and page.model_fields_set & {"heading", "level"}:
        at = "level" if "level" in page.model_fields_set else "heading"
        building.wrong((*path, at), "the days stand below the heading, expected a level from 2 to 6")
    if page.archive is not None:
        archive = page.archive
        given["archive"] = above.get("archive", {}) | {key: getattr(archive, key) for key in archive.model_fields_set}
    if page.patterns is not None:
        given["patterns"] = _patterns(building, page.patterns, (*path, "patterns"))
    if page.author == "wiki" and not building.stands(("people",)):
        building.warn((*path, "author"), "nobody is known by a wiki user, expected “people” at the top too")
    return given


def page_settings(given: Mapping[str, Any]) -> PageSettings:
    level = 2 if given.get("heading") is None else 3
    made: dict[str, Any] = {
        "level": level,
        **given,
        "order": Order(given.get("order", "newest")),
        "category": tuple(given.get("category", ())),
        "author": Author(given.get("author", "nick")),
        "archive": _archive(given.get("archive") or {}),
    }
    return PageSettings(**made)


def _archive(given: Mapping[str, Any]) -> ArchiveSettings:
    default = ArchiveSettings()
    return replace(default, **{**given, "by": ArchivedBy(given.get("by", default.by.value))})


def _patterns(building: Building, patterns: list[keys.LinkPatternKeys], path: KeyPath) -> tuple[LinkPattern, ...]:
    return tuple(_pattern(building, pattern, (*path, n)) for n, pattern in enumerate(patterns))


def _pattern(building: Building, pattern: keys.LinkPatternKeys, path: KeyPath) -> LinkPattern:
    given = building.given(path, ("url", "page"))
    if len(given) != 1:
        building.wrong(path, f"has {'both' if given else 'none'} of “url” and “page”, expected one")
    for key, text in (("url", pattern.url or ""), ("page", pattern.page or "")):
        groups = pattern.match.compiled.groups
        if lost := next((n for n in re.findall(r"\{(\d+)\}", text) if int(n) > groups), None):
            there = f"only {groups}" if groups else "none"
            words = f"{{{lost}}} is a group of the pattern that is not there: it has {there}, {{0}} is what was found"
            building.wrong((*path, key), words)
    return LinkPattern(pattern.match, pattern.url, pattern.page)
