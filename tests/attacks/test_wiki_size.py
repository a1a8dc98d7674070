"""A wiki that answers without end: what is read has a bound, and so has the time that a verb takes on its thread."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import threading
import zlib
from collections.abc import Iterator

import pytest
import requests

from labsbot.bounded import MOST, PIECE, Bounded, TooLarge, decompressed
from labsbot.model import Unavailable, Unknown
from labsbot.wiki.mediawiki import MediaWiki
from labsbot.wiki.worker import Worker
from tests.attacks.test_wiki_answers import EDIT, TITLE
from tests.wiki.scripted import Asked, Reply, good, marked, scripted_wiki

BOMB = gzip.compress(b'{"query": "' + b"0" * (20 * MOST) + b'"}', 9)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ({"Content-Encoding": "gzip"}, BOMB),
        ({"Content-Encoding": "deflate"}, zlib.compress(b" " * (2 * MOST), 9)),
        ({}, b"[" + b" " * (MOST + 1) + b"]"),
    ],
)
def test_of_an_answer_no_more_is_read_than_a_bound(head: dict[str, str], body: bytes) -> None:
    with scripted_wiki(lambda _: (200, head, body)) as server:
        wiki = MediaWiki(server.settings())
        with pytest.raises(Unknown, match="its answer is too large"):
            wiki.save(EDIT)
        with pytest.raises(Unavailable, match="its answer is too large"):
            wiki.look(TITLE)


def test_what_follows_the_end_of_a_packed_answer_is_not_kept() -> None:
    taken = 0

    def pieces(first: list[bytes]) -> Iterator[bytes]:
        nonlocal taken
        for piece in [*first, *itertools.repeat(b"\0" * PIECE, 100)]:
            taken += 1
            yield piece

    packed = gzip.compress(b"{}")
    for first in ([packed], [packed + b"\0"], [packed[:9], packed[9:]]):
        taken = 0
        assert b"".join(decompressed(pieces(first), "gzip")) == b"{}"
        assert taken <= len(first) + 1


def test_a_packed_answer_of_nothing_has_an_end_too() -> None:
    """Blocks without content (RFC 1951, 3.2.4) never become a byte."""
    empty = zlib.compress(b"")[:2] + b"\0\0\0\xff\xff" * 100
    with pytest.raises(TooLarge):
        list(decompressed([empty, *[b"\0\0\0\xff\xff" * 100] * 10], "deflate", most=2000))


def test_after_an_answer_with_something_behind_it_the_connection_is_not_used_again() -> None:
    def more(asked: Asked) -> Reply:
        packed = gzip.compress(good({})[2])
        return 200, {"Content-Encoding": "gzip"}, packed + b"\0" * 4 * PIECE

    with scripted_wiki(more) as server, requests.Session() as session:
        session.mount("http://", Bounded())
        for _ in range(2):
            assert session.get(server.api).json() == {}
    assert server.connections == 2


def test_a_line_before_a_chunk_has_a_bound_too() -> None:
    sent = 0

    def endless(asked: Asked) -> None:
        nonlocal sent
        asked.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1000):
            try:
                asked.send(b"0" * 100_000)
            except OSError:
                return
            sent += 100_000

    with scripted_wiki(endless) as server, pytest.raises(Unavailable):
        MediaWiki(server.settings()).look(TITLE)
    assert sent < 50_000_000, "it was left before the end"


def test_a_large_answer_within_the_bound_is_read() -> None:
    page = {"title": TITLE, "revisions": [{"slots": {"main": {"content": "x" * 4_000_000}}}]}
    status, head, body = good({"query": {"pages": [page]}})

    def packed(asked: Asked) -> Reply:
        return status, {**head, "Content-Encoding": "gzip"}, gzip.compress(marked(body, asked.parameters))

    with scripted_wiki(packed) as server:
        assert len(MediaWiki(server.settings()).text(TITLE)) == 4_000_000


async def test_a_list_without_end_gives_the_thread_back_when_the_deadline_is_over() -> None:
    numbers = itertools.count()

    def endless(asked: Asked) -> Reply:
        if asked.parameters.get("action") == "parse" or "ucstart" not in asked.parameters:
            return good({"query": {"pages": [{"title": TITLE, "revisions": [{"slots": {"main": {"content": "x"}}}]}]}})
        return good({"query": {"usercontribs": []}, "continue": {"uccontinue": str(next(numbers)), "continue": "-||"}})

    with scripted_wiki(endless) as server:
        wiki = MediaWiki(server.settings())
        worker = Worker(wiki)
        with pytest.raises(Unavailable, match="not answering"):
            await worker.call(wiki.find, "7f3a", EDIT, deadline=0.5)
        # The next verb is not behind it for ever.
        assert await worker.call(wiki.text, TITLE, deadline=20) == "x"
        worker.close()


async def test_each_verb_has_its_own_time() -> None:
    content = {"query": {"pages": [{"title": TITLE, "revisions": [{"slots": {"main": {"content": "x"}}}]}]}}
    with scripted_wiki(lambda _: good(content)) as server:
        wiki = MediaWiki(server.settings())
        worker = Worker(wiki)
        over = threading.Event()
        with pytest.raises(Unavailable):
            await worker.call(lambda: over.wait(60) and wiki.text(TITLE), deadline=0.01)
        over.set()
        assert await worker.call(wiki.text, TITLE, deadline=20) == "x"
        worker.close()


async def test_a_save_that_drips_ends_on_its_thread_with_the_deadline() -> None:
    def drip(asked: Asked) -> None:
        asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        while not server.stopping.wait(0.02):
            try:
                asked.send(b" ")
            except OSError:
                return

    with scripted_wiki(drip) as server:
        wiki = MediaWiki(server.settings())
        worker = Worker(wiki)
        await worker.call(wiki.login, deadline=20)
        with pytest.raises(Unknown, match="not answering"):
            await worker.call(wiki.save, EDIT, deadline=0.3)
        async with asyncio.timeout(20):
            await worker.call(lambda: None, deadline=20)
        worker.close()
