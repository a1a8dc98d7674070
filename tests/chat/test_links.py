"""What people are told leads to the reader's page of an entry, where others can reach one that shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from labsbot.chat.links import EntryLinks
from labsbot.model import DeliveryState
from labsbot.settings import WebSettings
from tests.nouns import a_delivery

WEB = WebSettings(Path("/s"), "https://logs.example/", private=("Hidden",))
WIKI = "https://wiki.example/Tools#sal-1"
THERE = replace(a_delivery(), state=DeliveryState.DELIVERED, url=WIKI)
"""In the log of tools."""


def test_an_entry_that_stands_is_told_with_the_readers_page_of_it() -> None:
    assert EntryLinks.by(WEB).of(THERE).url == f"https://logs.example/entry/{THERE.entry.id}"


def test_elsewhere_it_is_told_with_its_place_on_the_wiki() -> None:
    hidden = replace(THERE, log=replace(THERE.log, project="hidden"))
    for links in (EntryLinks.by(None), EntryLinks.by(replace(WEB, url="http://localhost:8080/"))):
        assert links.of(THERE).url == WIKI
    assert EntryLinks.by(WEB).of(hidden).url == WIKI
    for state in (DeliveryState.LEFT, DeliveryState.PARKED):
        assert EntryLinks.by(WEB).of(replace(THERE, state=state)).url == WIKI
