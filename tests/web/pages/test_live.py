"""Somebody watches a log: what is logged comes to them, once, whoever is started anew meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from labsbot.model import Via
from labsbot.settings import TrustedProxy
from labsbot.web.pages import live
from tests.nouns import NOON, an_acceptance, an_entry
from tests.web.conftest import Place
from tests.web.pages.reading import alive, elements, parsed, text_of


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAUSE", 0.02)


@dataclass
class Watcher:
    """What a browser makes of a stream of events."""

    reader: asyncio.StreamReader
    heard: str = ""

    async def head(self) -> str:
        return (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode().lower()

    async def next(self) -> str:
        """The text of the next event that says something."""
        text: list[str] = []
        while True:
            size = int(await asyncio.wait_for(self.reader.readline(), 10), 16)
            assert size, "the stream is over"
            chunk = (await self.reader.readexactly(size + 2)).decode()
            for line in chunk.splitlines():
                if line.startswith("id: "):
                    self.heard = line.removeprefix("id: ")
                if line.startswith("data: "):
                    text.append(line.removeprefix("data: "))
            if text:
                return "\n".join(text)


@contextlib.asynccontextmanager
async def watching(place: Place, query: str = "", heard: str = "") -> AsyncIterator[Watcher]:
    reader, writer = await asyncio.open_connection("127.0.0.1", await place.port())
    again = f"Last-Event-ID: {heard}\r\n" if heard else ""
    writer.write(f"GET /live{query} HTTP/1.1\r\nHost: x\r\n{again}\r\n".encode())
    try:
        yield Watcher(reader, heard)
    finally:
        writer.close()


async def log(place: Place, message: str, *projects: str, via: Via = Via.IRC) -> str:
    entry = an_entry(message, NOON, via=via)
    assert await place.journal.entries.accept(an_acceptance(entry, *projects))
    return entry.id


def messages(event: str) -> list[str]:
    """Of the entries in it, in which nothing is alive."""
    tree = parsed(f"<!DOCTYPE html><title>x</title>{event}")
    assert list(alive(tree)) == []
    return [text_of(each).removesuffix(" waiting …") for each in elements(tree, "li")]


async def test_new_entries_come_as_they_stand_on_the_page(place: Place) -> None:
    entry = await log(place, "there already")
    page = (await place.call("GET", "/log/tools", token=None)).content.decode()
    assert f'data-live="/live?project=tools&amp;after={entry}"' in page
    assert "data-live" not in (await place.call("GET", "/log/tools?robots=no", token=None)).content.decode()
    await log(place, "since the page was made")
    async with watching(place, f"?project=tools&after={entry}") as watcher:
        head = await watcher.head()
        assert "content-type: text/event-stream" in head
        assert "x-accel-buffering: no" in head
        assert messages(await watcher.next()) == ["12:00 alice since the page was made"]
        await log(place, "another's", "bots")
        await log(place, "<script>alert(1)</script>\u2028\u0085data: x")
        (said,) = messages(await watcher.next())
        assert said.startswith("12:00 alice <script>alert(1)</script>")


async def test_whoever_comes_again_after_a_restart_has_missed_nothing_and_hears_nothing_twice(tmp_path: Path) -> None:
    heard, told = "", []
    for life in range(3):
        place = Place(tmp_path)
        async with place.open():
            if life:
                await log(place, f"{life} before")
            async with watching(place, heard=heard) as watcher:
                await watcher.head()
                if not life:
                    await asyncio.wait_for(watcher.reader.readuntil(b"retry: 3000"), 10)
                    await watcher.reader.readuntil(b"\r\n")
                else:
                    told += messages(await watcher.next())
                await log(place, f"{life} meanwhile")
                while not told or not told[-1].endswith("meanwhile") or told[-1].split()[-2] != str(life):
                    told += messages(await watcher.next())
                heard = watcher.heard
    said = [each.removeprefix("12:00 tools alice ") for each in told]
    assert said == ["0 meanwhile", "1 before", "1 meanwhile", "2 before", "2 meanwhile"]


async def test_what_was_read_from_the_wiki_is_no_news_and_what_is_private_comes_to_nobody(tmp_path: Path) -> None:
    place = Place(tmp_path, private=("bots",), trusted=TrustedProxy((), socket=True))
    async with place.open():
        first = await log(place, "first")
        await log(place, "secret", "bots")
        await log(place, "imported", via=Via.WIKI)
        await log(place, "both", "tools", "bots")
        async with watching(place, f"?after={first}") as watcher:
            await watcher.head()
            event = await watcher.next()
        assert messages(event) == ["12:00 tools alice both"]
        assert "bots" not in event
        assert (await place.call("GET", "/live?project=bots", token=None)).status == 404


async def test_only_so_many_watch_and_whoever_goes_makes_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 1)
    async with watching(place) as first:
        assert "200 ok" in await first.head()
        assert (await place.call("GET", "/live", token=None)).status == 503
    for _ in range(500):
        async with watching(place) as second:
            if "200 ok" in await second.head():
                return
    pytest.fail("there is no room")


async def test_whoever_asks_for_the_head_alone_does_not_watch(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 0)
    answer = await asyncio.wait_for(place.call("HEAD", "/live", token=None), 10)
    assert (answer.status, answer.content) == (200, b"")


async def test_the_stop_ends_what_is_watched(place: Place) -> None:
    async with watching(place) as watcher:
        await watcher.head()
        place.web.stop()
        rest = await asyncio.wait_for(watcher.reader.read(), 10)
        assert rest.endswith(b"0\r\n\r\n")
