"""Feeds: other eyes read what a page shows, an entry is the same one for ever, and an empty feed is one too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest

from labsbot.model import ChangeKind
from labsbot.text.message import clean
from labsbot.web.pages import feeds, log_views
from labsbot.web.pages.addresses import Addresses
from labsbot.web.pages.feeds import Feed
from labsbot.web.pages.lines import LineWriter
from tests.formats.test_formats import seen
from tests.web.conftest import Place
from tests.web.pages.test_message_html import TYPED, wiki_page
from tests.web.pages.test_pages import MINUTE, change, log


async def atom(place: Place, path: str) -> Any:
    answer = await place.call("GET", path, token=None)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/atom+xml"
    read = feedparser.parse(answer.content)
    assert not read.bozo, read.bozo_exception
    return read


async def test_a_feed_shows_the_newest_entries_of_a_log(place: Place) -> None:
    one = await log(place, "one")
    two = await log(place, "two <b>", MINUTE, "tools", "bots", author="bob")
    read = await atom(place, "/log/tools/atom")
    assert read.feed.title == "tools – Server Admin Log"
    assert read.feed.id == "tag:logs.example,2026:/log/tools"
    assert [(each.id, each.link, each.title, each.author) for each in read.entries] == [
        (f"tag:logs.example,2026-11-22:{two}", f"https://logs.example/entry/{two}", "tools, bots: bob: two <b>", "bob"),
        (f"tag:logs.example,2026-11-22:{one}", f"https://logs.example/entry/{one}", "tools: alice: one", "alice"),
    ]
    assert read.entries[0].published == "2026-11-22T12:01:00Z"
    assert [each.term for each in read.entries[0].tags] == ["tools", "bots"]
    assert [each.href for each in read.feed.links if each.rel == "self"] == ["https://logs.example/log/tools/atom"]


async def test_what_is_corrected_is_the_same_entry_with_another_text(place: Place) -> None:
    entry = await log(place, "rebooted db1")
    (before,) = (await atom(place, "/all/atom")).entries
    await change(place, entry, ChangeKind.STRIKE, "wrong <host>")
    (after,) = (await atom(place, "/all/atom")).entries
    assert (after.id, after.published) == (before.id, before.published)
    assert (before.updated, after.updated) == ("2026-11-22T12:00:00Z", "2026-11-22T12:05:00Z")
    host = '<a href="https://logs.example/search?q=host:db1">db1</a>'
    assert after.content[0].value == f"<s>rebooted {host}</s> taken back by bob: wrong &lt;host&gt;"


async def test_the_json_feed_holds_the_same(place: Place) -> None:
    entry = await log(place, "see T1")
    answer = await place.call("GET", "/log/tools/2026-11-22/feed.json?robots=no", token=None)
    assert answer.headers["content-type"] == "application/feed+json"
    told = answer.json
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert told["feed_url"] == "https://logs.example/log/tools/2026-11-22/feed.json?robots=no"
    (item,) = told["items"]
    assert (item["id"], item["content_text"]) == (f"tag:logs.example,2026-11-22:{entry}", "see T1")
    assert item["content_html"].startswith('see <a href="https://tasks.example/T1"')


async def test_older_entries_are_on_the_next_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_views, "NEWEST", 2)
    for minute in range(3):
        await log(place, f"m{minute}", minute * MINUTE)
    first = await atom(place, "/all/atom?author=alice")
    (older,) = [each.href for each in first.feed.links if each.rel == "next"]
    second = await atom(place, older.removeprefix("https://logs.example"))
    assert [each.title for each in (*first.entries, *second.entries)] == [f"tools: alice: m{n}" for n in (2, 1, 0)]


async def test_an_empty_feed_is_one_too_and_what_a_reader_has_is_not_sent_again(place: Place) -> None:
    read = await atom(place, "/all/atom")
    assert (read.entries, read.feed.updated) == ([], "1970-01-01T00:00:00Z")
    first = await place.call("GET", "/all/atom", token=None)
    assert (await place.call("GET", "/all/atom", token=None, If_None_Match=first.headers["etag"])).status == 304
    assert (await place.call("GET", "/all/feed.json", token=None)).json["items"] == []


@pytest.mark.parametrize("path", ["/log/nosuch/atom", "/all/2026-02-30/atom", "/all/2026-11/atom", "/all/x/feed.json"])
async def test_what_has_no_feed_is_404(place: Place, path: str) -> None:
    await log(place, "one", timedelta(0))
    assert (await place.call("GET", path, token=None)).status == 404


@pytest.mark.slow
def test_whatever_people_type_a_feed_can_be_read() -> None:
    writer = LineWriter(Addresses("https://a.example"), wiki_page, None)
    views = [seen(text, author=text[:40]) for text in TYPED if clean(text) and clean(text[:40])]
    found = feeds.items(views, writer, "https://a.example/")
    tree = ElementTree.fromstring(feeds.atom(Feed("x", "tag:x", "/x", "/y", None, found)).encode())
    entries = tree.findall(f"{{{feeds.NAMESPACE}}}entry")
    assert len(entries) == len(views)
    assert {each.tag.rpartition("}")[2] for each in entries[0]} <= {
        *("id", "title", "published", "updated", "author", "link", "category", "content")
    }
    assert all(len(each.title) <= feeds.LONGEST_TITLE for each in found)
