"""The reference of all keys is made from the keys themselves, and leaves none of them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.config import keys
from labsbot.settings import DEFAULT_ENTRY, PageSettings, Words
from release.keys import Key, own_keys
from release.reference import sections

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.rst").read_text("utf-8")
SECTIONS = sections(PAGE)


def section(title: str) -> str:
    begin = re.search(rf"^{re.escape(title)}\n-+\n", PAGE, re.MULTILINE)
    assert begin is not None
    end = re.search(r"^[^\n]+\n-{3,}\n", PAGE[begin.end() :], re.MULTILINE)
    return PAGE[begin.end() :][: end.start() if end else None]


def explained(place: type[keys.Keys]) -> dict[str, Key]:
    return {each.name: each for each in own_keys(place, SECTIONS)}


def places(kind: type[keys.Keys]) -> Iterator[type[keys.Keys]]:
    for place in kind.__subclasses__():
        yield place
        yield from places(place)


def shared(place: type[keys.Keys]) -> type[keys.Keys]:
    """The place whose keys `place` has too."""
    return place.__bases__[0]


def test_every_place_of_the_schema_has_a_section() -> None:
    files = {keys.ProjectListKeys, keys.PeopleListKeys}  # what stands there is what stands under `list`
    assert set(SECTIONS) == set(places(keys.Keys)) - files


def test_what_stands_there_and_what_counts_without_it_is_said_by_the_types() -> None:
    limit, network, page = explained(keys.LimitKeys), explained(keys.NetworkKeys), explained(keys.PageKeys)
    assert (limit["per"].kind, limit["per"].default) == ("duration", "1m")
    assert (limit["bytes"].kind, limit["bytes"].default) == ("size", "256 KB")
    assert (network["replies"].kind, network["replies"].default) == ("``privmsg`` or ``notice``", "privmsg")
    assert (network["nick"].required, network["tls"].required) == (True, False)
    assert network["channels"].kind == "names, for each: `Channel`_"
    assert page["patterns"].kind == "list: `Link pattern`_"
    assert {key for key, each in explained(keys.FileKeys).items() if each.required} == set(keys.REQUIRED)


@pytest.mark.parametrize("place", SECTIONS, ids=SECTIONS.get)
def test_each_key_is_explained_below_it(place: type[keys.Keys]) -> None:
    assert [name for name, each in explained(place).items() if not each.meaning] == []


@pytest.mark.parametrize("place", SECTIONS, ids=SECTIONS.get)
def test_a_section_refers_to_the_keys_that_it_shares_with_others(place: type[keys.Keys]) -> None:
    other = SECTIONS.get(shared(place))
    assert other is None or f"`{other}`_" in section(SECTIONS[place])


def test_the_defaults_that_stand_in_words_are_those_that_hold() -> None:
    page, words = PageSettings(), Words()
    of_a_page, of_commands = explained(keys.PageKeys), explained(keys.CommandsKeys)
    for key, default in (
        ("title", page.title),
        ("order", page.order.value),
        ("date", page.date),
        ("time_zone", page.time_zone.key),
        ("entry", DEFAULT_ENTRY),
    ):
        assert f"``{default}``" in " ".join(of_a_page[key].meaning.split())
    for command in ("log", "undo", "amend", "last", "sal"):
        assert f'Default ``"{getattr(words, command)}"``' in of_commands[command].meaning


def test_the_annotated_example_shows_every_key() -> None:
    example = (Path(__file__).parents[2] / "config" / "labsbot.example.yaml").read_text("utf-8")
    shown = set(re.findall(r"(\w+):", example))
    assert {key for place in SECTIONS for key in keys.names(place)} - shown == set()
