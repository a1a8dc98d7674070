"""The logs are searched in a browser: a form without scripts, and whatever is typed, a page that helps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import feedparser
import pytest

from labsbot.model import ChangeKind
from labsbot.text.message import clean
from labsbot.web.pages import search_views
from tests.web.conftest import Place
from tests.web.pages.reading import elements, text_of
from tests.web.pages.test_message_html import ATTACKS, TYPED
from tests.web.pages.test_pages import DAY, MINUTE, change, get, lines, links, log


async def find(place: Place, typed: str, **given: str) -> Any:
    return await get(place, f"/search?{urlencode({'q': typed, **given}, errors='replace')}")


async def test_what_is_found_stands_below_its_days_and_what_was_typed_in_the_form(place: Place) -> None:
    await log(place, "rebooted db1", -DAY)
    await log(place, "rebooted db1 again", MINUTE, "bots", author="bob")
    await log(place, "something else", 2 * MINUTE)
    tree = await find(place, 'host:db1 "rebooted db1"')
    assert lines(tree) == ["12:01 bots bob rebooted db1 again waiting", "12:00 tools alice rebooted db1 waiting"]
    assert [text_of(each) for each in elements(tree, "h2")] == ["2026-11-22 Sunday", "2026-11-21 Saturday"]
    form = elements(tree, "form")[0]
    assert (form.attrib["action"], form.attrib.get("method", "get")) == ("/search", "get")
    assert elements(form, "input")[0].attrib["value"] == 'host:db1 "rebooted db1"'
    assert links(tree)["bob"] == "/all?author=bob"
    assert links(tree)["db1"] == "/search?q=host:db1"
    assert links(tree)["2026-11-21"] == "/all/2026-11-21"


async def test_every_page_has_a_form_that_leads_here(place: Place) -> None:
    await log(place, "one")
    for path in ("/", "/log/tools", "/all/2026-11", "/about"):
        (form,) = [each for each in elements(await get(place, path), "form") if each.attrib.get("role") == "search"]
        assert (form.attrib["action"], elements(form, "input")[0].attrib["name"]) == ("/search", "q")


async def test_where_nothing_is_asked_or_found_it_is_told_how(place: Place) -> None:
    await log(place, "one")
    for path, words in (
        ("/search", ""),
        ("/search?q=", ""),
        ("/search?q=two", "Nothing was found."),
        ("/search?q=form:a", "Did you mean from:?"),
    ):
        tree = await get(place, path)
        assert lines(tree) == []
        assert "one behind the other" in text_of(elements(tree, "main")[0])
        assert words in text_of(elements(tree, "main")[0])


async def test_a_day_that_is_typed_is_shown(place: Place) -> None:
    await log(place, "one")
    for typed, where in (("2026-11-22", "/all/2026-11-22"), ("project:tools 2026-11-22", "/log/tools/2026-11-22")):
        answer = await place.call("GET", f"/search?q={quote(typed)}", token=None)
        assert (answer.status, answer.headers["location"]) == (303, where)
    assert lines(await find(place, "2026-11-22 one")) == []


async def test_an_undone_entry_is_found_and_shown_as_taken_back(place: Place) -> None:
    entry = await log(place, "rebooted db1")
    await change(place, entry, ChangeKind.STRIKE, "wrong host")
    (line,) = lines(await find(place, "rebooted"))
    assert "taken back 12:05 by bob: wrong host" in line


async def test_older_finds_are_on_the_next_page_whatever_is_logged_meanwhile(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_views, "FOUND", 2)
    for minute in range(4):
        await log(place, f"m{minute} word", minute * MINUTE)
    tree = await find(place, "word", robots="no")
    await log(place, "newer word", 9 * MINUTE)
    older = links(tree)["← older entries"]
    assert [each.split()[3] for each in (*lines(tree), *lines(await get(place, older)))] == ["m3", "m2", "m1", "m0"]


async def test_where_much_is_looked_through_in_vain_it_is_looked_further(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labsbot.journal.entries.SEARCHED", 1)
    await log(place, "word one")
    for minute in range(1, 15):
        await log(place, f"word m{minute}", minute * MINUTE, robot=True)
    tree = await find(place, "word robots:no")
    assert "Nothing so far" in text_of(elements(tree, "main")[0])
    assert [each.split()[4] for each in lines(await get(place, links(tree)["older entries"]))] == ["one"]


async def test_what_is_found_is_a_feed_and_any_format_and_is_not_sent_twice(place: Place) -> None:
    entry = await log(place, "rebooted db1")
    await log(place, "two")
    answer = await place.call("GET", "/search/atom?q=rebooted", token=None)
    read = feedparser.parse(answer.content)
    assert not read.bozo
    assert [each.link for each in read.entries] == [f"https://logs.example/entry/{entry}"]
    assert [each.href for each in read.feed.links if each.rel == "self"] == [
        "https://logs.example/search/atom?q=rebooted"
    ]
    told = (await place.call("GET", "/search/feed.json?q=rebooted", token=None)).json
    assert [each["content_text"] for each in told["items"]] == ["rebooted db1"]
    text = await place.call("GET", "/search?q=rebooted&format=text", token=None)
    assert text.content.decode() == "2026-11-22 12:00  tools  alice: rebooted db1 (waiting)\n"
    for path in ("/search?q=rebooted", "/search/atom?q=rebooted", "/search/atom?q=nosuch"):
        first = await place.call("GET", path, token=None)
        again = await place.call("GET", path, token=None, If_None_Match=first.headers["etag"])
        assert (first.status, again.status) == (200, 304)


async def test_an_entry_leads_to_what_else_was_logged_about_the_same(place: Place) -> None:
    entry = await log(place, "rebooted db1 for T1")
    there = links(await get(place, f"/entry/{entry}"))
    assert there["db1"] == "/search?q=host:db1"
    for name, message in (("T1", "rebooted db1 for T1"), ("alice", "rebooted db1 for T1")):
        assert message in lines(await get(place, there[name]))[0]


@pytest.fixture
async def private(tmp_path: Path) -> AsyncIterator[Place]:
    made = Place(tmp_path, private=("bots",))
    async with made.open():
        yield made


async def test_what_is_private_is_found_by_nobody_in_any_way(private: Place) -> None:
    await log(private, "hidden word", MINUTE, "bots")
    await log(private, "shared word", 2 * MINUTE, "tools", "bots")
    for typed in ("word", "-nosuch", "from:alice", "project:tools word", "after:2026-01-01"):
        assert lines(await find(private, typed)) == ["12:02 tools alice shared word waiting"], typed
    for typed in ("hidden", "bots", "project:bots", "project:bots word", "project:bots 2026"):
        tree = await find(private, typed)
        assert lines(tree) == [], typed
        assert "older entries" not in links(tree)
    for path in ("/search/atom", "/search/feed.json", "/api/v1/entries", "/api/v1/entries.ndjson"):
        answer = await private.call("GET", f"{path}?q=word", token=None)
        assert b"shared word" in answer.content
        assert b"hidden" not in answer.content
        assert b"bots" not in answer.content


@pytest.mark.parametrize("path", ["/search/", "/search/x", "/search/atom/x", "/search/%00"])
async def test_what_is_not_there_leads_to_the_search(place: Place, path: str) -> None:
    assert links(await get(place, path, 404))["Search"] == "/search"


@pytest.mark.parametrize("query", ["q=a&cursor=x", "q=a&format=xml", "q=a&robots=maybe", "q=a&q=b"])
async def test_what_is_wrong_with_an_address_is_told(place: Place, query: str) -> None:
    await get(place, f"/search?{query}", 400)


@pytest.mark.slow
async def test_whatever_is_typed_there_is_a_page_in_which_nothing_of_it_is_alive(place: Place) -> None:
    typed = [*ATTACKS, *TYPED[:: len(TYPED) // 20]]
    for number, each in enumerate(ATTACKS):
        await log(place, each, number * MINUTE)
    for each in typed:
        tree = await find(place, each)
        field = elements(tree, "input")[0]
        assert " ".join(field.attrib["value"].split()) == " ".join(clean(each).split())
    for raw in ("%00", "%C0%AF", "%FF", "%ED%A0%80", "%F0%9F%98%80", "x" * 10_000, "%22" * 2000):
        await get(place, f"/search?q={raw}")
