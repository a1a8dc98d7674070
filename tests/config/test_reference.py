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
    "Top, network and channel": keys.PlaceKeys,
    "Who may log": keys.GateKeys,
    "Limit": keys.LimitKeys,
    "Commands": keys.CommandsKeys,
    "Network": keys.NetworkKeys,
    "Proxy": keys.ProxyKeys,
    "TLS": keys.TlsKeys,
    "SASL": keys.SaslKeys,
    "NickServ": keys.NickServKeys,
    "Channel": keys.ChannelKeys,
    "Relay": keys.RelayKeys,
    "Backoff": keys.BackoffKeys,
    "Ping": keys.PingKeys,
    "Line port": keys.LinePortKeys,
    "Wiki": keys.WikiKeys,
    "Redirects": keys.RedirectsKeys,
    "OAuth": keys.OAuthKeys,
    "Page": keys.PageKeys,
    "Archive": keys.ArchiveKeys,
    "Link pattern": keys.LinkPatternKeys,
    "Source of projects": keys.SourceKeys,
    "Project": keys.ProjectKeys,
    "LDAP": keys.LdapKeys,
    "Keystone": keys.KeystoneKeys,
    "Source of people": keys.PeopleSourceKeys,
    "Person": keys.PersonKeys,
    "Secrets in messages": keys.ShapesKeys,
    "Web": keys.WebKeys,
    "Trusted proxy": keys.TrustedKeys,
    "Token": keys.TokenKeys,
    "Beginnings and ends": keys.DuringKeys,
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


def places(kind: type[keys.Keys]) -> Iterator[type[keys.Keys]]:
    for place in kind.__subclasses__():
        yield place
        yield from places(place)


def shared(place: type[keys.Keys]) -> type[keys.Keys]:
    """The place whose keys `place` has too."""
    return place.__bases__[0]


def test_every_place_of_the_schema_has_a_section() -> None:
    files = {keys.ProjectListKeys, keys.PeopleListKeys}  # what stands there is what stands under `list`
    assert set(SECTIONS.values()) == set(places(keys.Keys)) - files


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_names_the_keys_of_its_place_in_their_order(title: str) -> None:
    theirs = keys.names(shared(SECTIONS[title]))
    assert list(rows(title)) == [key for key in keys.names(SECTIONS[title]) if key not in theirs]


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_refers_to_the_keys_that_it_shares_with_others(title: str) -> None:
    other = next((other for other, place in SECTIONS.items() if place is shared(SECTIONS[title])), None)
    assert other is None or f"`{other}`_" in section(title)


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_says_which_keys_are_required(title: str) -> None:
    place = SECTIONS[title]
    required = {field.alias or name for name, field in place.model_fields.items() if field.is_required()}
    required -= set(keys.names(shared(place)))
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


def test_the_annotated_example_shows_every_key() -> None:
    example = (Path(__file__).parents[2] / "config" / "labsbot.example.yaml").read_text("utf-8")
    shown = set(re.findall(r"(\w+):", example))
    assert {key for place in SECTIONS.values() for key in keys.names(place)} - shown == set()
