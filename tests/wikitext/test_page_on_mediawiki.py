"""The pages of pages.yaml on a real MediaWiki: its own count of the sections, its own way of joining them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import requests

from labsbot.model import Section
from labsbot.wikitext import compose, heading_matches, together
from tests.servers.mediawiki import MediaWiki
from tests.wikitext.cases import PAGES, after_of, entries_of, settings_of
from tests.wikitext.world import place

pytestmark = pytest.mark.servers

CASES = [case for case in PAGES if case["before"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_page_before_and_after_on_the_wiki(mediawiki: MediaWiki, case: dict[str, Any]) -> None:
    title = f"Before and after {CASES.index(case)}"
    settings = settings_of(case)
    mediawiki.edit_as_person(title, case["before"])
    entries = entries_of(case)
    days = {entry.log_day for entry in entries}

    while days:
        spot, held = together(sections(mediawiki, title), settings, days)[0]
        text = section_text(mediawiki, title, spot.section)
        assert heading_matches(text, spot)
        composed = compose(text, spot, settings, [entry for entry in entries if entry.log_day in held])
        mediawiki.edit_as_person(title, composed.text, section=spot.section)
        days -= set(held)
        if composed.kept is not None:
            kept, kept_text = composed.kept
            assert kept.day is not None
            assert kept == place(sections(mediawiki, title), settings, kept.day)
            assert kept_text == section_text(mediawiki, title, kept.section)

    assert mediawiki.text(title) == after_of(case)


def sections(wiki: MediaWiki, title: str) -> list[Section]:
    answer = ask(wiki, action="parse", page=title, prop="sections")
    return [
        Section(
            int(found["index"]),
            int(found["level"]),
            html.unescape(re.sub("<.*?>", "", found["line"])),
            found["byteoffset"],
        )
        for found in answer["parse"]["sections"]
        if found["index"].isdigit()
    ]


def section_text(wiki: MediaWiki, title: str, number: int) -> str:
    answer = ask(
        wiki, action="query", titles=title, prop="revisions", rvprop="content", rvslots="main", rvsection=number
    )
    text: str = answer["query"]["pages"][0]["revisions"][0]["slots"]["main"]["content"]
    return text


def ask(wiki: MediaWiki, **parameters: Any) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(
        wiki.api, params={"format": "json", "formatversion": 2, **parameters}, timeout=60
    ).json()
    return answer
