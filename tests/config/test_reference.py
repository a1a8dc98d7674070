"""The reference of all keys in the documentation is complete and true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.config import keys
from labsbot.settings import DEFAULT_ENTRY, PageSettings

REFERENCE = (Path(__file__).parents[2] / "docs" / "configuration.rst").read_text("utf-8")

SECTIONS: dict[str, type[keys.Keys]] = {
    "The file": keys.FileKeys,
    "Network": keys.NetworkKeys,
    "TLS": keys.TlsKeys,
    "SASL": keys.SaslKeys,
    "NickServ": keys.NickServKeys,
    "Channel": keys.ChannelKeys,
    "Backoff": keys.BackoffKeys,
    "Ping": keys.PingKeys,
    "Wiki": keys.WikiKeys,
    "OAuth": keys.OAuthKeys,
    "Page": keys.PageKeys,
    "Source of projects": keys.SourceKeys,
    "Project": keys.ProjectKeys,
    "Secret": keys.SecretKeys,
}


def section(title: str) -> str:
    begin = re.search(rf"^{re.escape(title)}\n-+\n", REFERENCE, re.MULTILINE)
    assert begin is not None, f"there is no section {title}"
    end = re.search(r"^[^\n]+\n-{3,}\n", REFERENCE[begin.end() :], re.MULTILINE)
    return REFERENCE[begin.end() :][: end.start() if end else None]


def rows(title: str) -> dict[str, str]:
    """The meaning of each key in the table of a section."""
    return dict(re.findall(r"^   \* - ``(\w+)``\n     - ((?:.+\n)(?:       .+\n)*)", section(title), re.MULTILINE))


def test_every_place_of_the_schema_has_a_section() -> None:
    assert set(SECTIONS.values()) == set(keys.Keys.__subclasses__())


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_names_the_keys_of_its_place_in_their_order(title: str) -> None:
    assert list(rows(title)) == list(keys.names(SECTIONS[title]))


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_says_which_keys_are_required(title: str) -> None:
    place = SECTIONS[title]
    required = {name for name, field in place.model_fields.items() if field.is_required()}
    if place is keys.FileKeys:
        required = set(keys.REQUIRED)
    assert {key for key, meaning in rows(title).items() if "*Required.*" in meaning} == required


def test_the_defaults_of_a_page_are_those_that_hold() -> None:
    page, meanings = PageSettings(), rows("Page")
    for key, default in (
        ("title", page.title),
        ("order", page.order.value),
        ("date", page.date),
        ("time_zone", page.time_zone.key),
        ("entry", DEFAULT_ENTRY),
    ):
        assert f"``{default}``" in meanings[key]


def test_every_key_that_is_to_come_is_named() -> None:
    def later() -> Iterator[str]:
        for place in SECTIONS.values():
            yield from place.later

    assert {key for key in later() if f"``{key}``" not in section("Not yet")} == set()


def test_the_annotated_example_shows_every_key() -> None:
    example = (Path(__file__).parents[2] / "config" / "labsbot.example.yaml").read_text("utf-8")
    shown = set(re.findall(r"(\w+):", example))
    assert {key for place in SECTIONS.values() for key in keys.names(place)} - shown == set()
