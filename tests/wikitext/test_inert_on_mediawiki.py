"""A real MediaWiki shows what was typed, as messages and as names, and does nothing else with it."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
import requests

from labsbot.model import Delivery
from labsbot.settings import DEFAULT_ENTRY
from labsbot.wikitext import clean, render, summary
from tests.servers.mediawiki import MediaWiki
from tests.wikitext.world import FRAGMENTS, as_shown, delivery

pytestmark = pytest.mark.servers

BATCH = 100
MAGIC_LINKS = "$wgEnableMagicLinks = ['ISBN' => true, 'PMID' => true, 'RFC' => true];"
ADDED = ("categories", "templates", "images", "langlinks", "properties", "sections", "parsewarnings")
CORPUS = [
    *FRAGMENTS,
    *(f"{one} {other}" for one, other in pairwise(FRAGMENTS)),
    *(f"{one}{other}" for one, other in zip(FRAGMENTS, FRAGMENTS[7:], strict=False)),
    *(f"x {one}{one}" for one in FRAGMENTS),
]


class Shown(HTMLParser):
    """The text of each list element of a page, as a reader sees it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "ul":
            self.depth += 1
        elif tag == "li":
            self.lines.append("")
        assert tag in ("div", "ul", "li", "span", "a", "h2"), tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "ul":
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.lines[-1] += data


def parsed(wiki: MediaWiki, lines: list[str]) -> dict[str, Any]:
    """What the wiki makes of a day with these entries, everything that saving does included."""
    fields = {
        "action": "parse",
        "title": "Nova Resource:Tools/SAL",
        "text": "\n".join(["== 2026-11-22 ==", *lines]),
        "contentmodel": "wikitext",
        "pst": "1",
        "prop": f"text|wikitext|{'|'.join(ADDED)}",
        "disableeditsection": "1",
        "disablelimitreport": "1",
        "format": "json",
        "formatversion": "2",
    }
    answer: dict[str, Any] = requests.post(wiki.api, data=fields, timeout=120).json()["parse"]
    return answer


def plain(text: str) -> str:
    """The text without odd blanks; MediaWiki percent-encodes these three in every bare address."""
    for sign in "[]|":
        text = text.replace(f"%{ord(sign):02X}", sign)
    return " ".join(text.split())


def in_batches(entries: list[Delivery]) -> list[list[Delivery]]:
    return [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]


def as_messages() -> list[Delivery]:
    return [delivery("2026-11-22 14:30", text, number=number) for number, text in enumerate(CORPUS)]


def as_names() -> list[Delivery]:
    return [delivery("2026-11-22 14:30", "done", author=text, number=number) for number, text in enumerate(CORPUS)]


@pytest.mark.parametrize("entries", [as_messages(), as_names()], ids=["as messages", "as names"])
def test_an_entry_is_shown_as_typed_and_does_nothing_else(mediawiki: MediaWiki, entries: list[Delivery]) -> None:
    for batch in in_batches(entries):
        lines = [render(DEFAULT_ENTRY, entry) for entry in batch]
        with mediawiki.setting("magic-links", MAGIC_LINKS):
            page = parsed(mediawiki, lines)

        expected = [
            plain(f"{entry.clock} {as_shown(entry.entry.author)}: {as_shown(entry.entry.message)}") for entry in batch
        ]
        assert [plain(line) for line in Shown(page["text"]).lines] == expected
        assert page["wikitext"].split("\n")[1:] == lines
        assert "mw-magiclink" not in page["text"]
        assert added(page) == {**dict.fromkeys(ADDED, 0), "sections": 1}


def test_no_value_acts_together_with_its_neighbours(mediawiki: MediaWiki) -> None:
    template = '{author}<span id="{id}">{message}</span>{author}{message}'
    entries = [
        delivery("2026-11-22 14:30", message, author=author, number=number)
        for number, (author, message) in enumerate(zip(CORPUS, CORPUS[3:], strict=False))
        if "://" not in author + message
    ]
    for batch in in_batches(entries):
        page = parsed(mediawiki, [render(template, entry) for entry in batch])

        expected = [plain(2 * (as_shown(entry.entry.author) + as_shown(entry.entry.message))) for entry in batch]
        assert [plain(line) for line in Shown(page["text"]).lines] == expected
        assert added(page) == {**dict.fromkeys(ADDED, 0), "sections": 1}


def test_a_message_is_one_argument_of_a_template(mediawiki: MediaWiki) -> None:
    mediawiki.edit_as_person("Template:Entry of a test", "{{{1}}}{{{3|}}}{{{2|}}}")
    template = "{{Entry of a test|id={id}|{message}}}"
    for batch in in_batches(as_messages()):
        page = parsed(mediawiki, [render(template, entry) for entry in batch])

        assert [plain(line) for line in Shown(page["text"]).lines] == [
            plain(as_shown(entry.entry.message)) for entry in batch
        ]
        assert [found["title"] for found in page["templates"]] == ["Template:Entry of a test"]


def test_bare_addresses_lead_where_they_say(mediawiki: MediaWiki) -> None:
    addresses = [
        "http://example.org/a?b=c&d=e",
        "http://example.org/__NOTOC__",
        "http://example.org/a[1]",
        "http://example.org/''a''",
        "https://[::1]/",
    ]
    entries = [delivery("2026-11-22 14:30", f"see [{address} x]", number=n) for n, address in enumerate(addresses)]
    fields = {"action": "parse", "prop": "externallinks", "format": "json", "formatversion": "2"}
    text = "\n".join(render(DEFAULT_ENTRY, entry) for entry in entries)

    answer = requests.post(mediawiki.api, data={**fields, "text": text, "contentmodel": "wikitext"}, timeout=60).json()

    assert {plain(found) for found in answer["parse"]["externallinks"]} == set(addresses)


def test_a_summary_is_shown_as_typed_and_holds_no_link(mediawiki: MediaWiki) -> None:
    for entry in as_messages()[: len(FRAGMENTS)]:
        fields = {
            "action": "parse",
            "summary": summary("7f3a", [entry]),
            "prop": "",
            "format": "json",
            "formatversion": "2",
        }
        answer = requests.post(mediawiki.api, data=fields, timeout=60).json()

        shown = answer["parse"]["parsedsummary"]
        assert "<" not in shown
        assert html.unescape(shown).replace("\u2060", "") == f"[b:7f3a] alice: {clean(entry.entry.message)}"


def added(page: dict[str, Any]) -> dict[str, int]:
    return {kind: len(page[kind]) for kind in ADDED}
