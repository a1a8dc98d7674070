"""A wiki that answers without end: what is read has a bound, and so has the time that a verb takes on its thread."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import threading
import zlib
from collections.abc import Callable, Iterator

import pytest
import requests

from labsbot.edge.bounded import MOST, PIECE, AnswerTooLarge, Bounded, decompressed
from labsbot.model import Unavailable, Unknown, WikiFailure
from labsbot.wiki.mediawiki import MediaWiki
from labsbot.wiki.worker import Worker
from tests.attacks.test_wiki_answers import EDIT, TITLE
from tests.wiki.scripted import Asked, Reply, good, marked, scripted_wiki


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "made"),
    [
        ({"Content-Encoding": "gzip"}, lambda: gzip.compress(b'{"query": "' + b"0" * (20 * MOST) + b'"}', 1)),
        ({"Content-Encoding": "deflate"}, lambda: zlib.compress(b" " * (2 * MOST), 1)),
        ({}, lambda: b"[" + b" " * (MOST + 1) + b"]"),
    ],
)
def test_of_an_answer_no_more_is_read_than_a_bound(head: dict[str, str], made: Callable[[], bytes]) -> None:
    body = made()
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
    with pytest.raises(AnswerTooLarge):
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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_a_list_of_long_titles_has_a_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labsbot.wiki.listing.MOST_BYTES", 10_000)
    pages = [{"title": f"{number} {'😀' * 200}"} for number in range(20)]

    def answer(asked: Asked) -> Reply:
        if "list" in asked.parameters:
            return good({"query": {"allpages": pages}})
        return good({"query": {"pages": [{"ns": 0, "title": "X"}]}})

    with scripted_wiki(answer) as server, pytest.raises(Unavailable, match="its list of pages is too long"):
        MediaWiki(server.settings()).titles("")


def test_cookies_that_no_server_takes_are_not_sent_for_ever() -> None:
    """Servers refuse a head of more than 8 KB, and would refuse each of our requests from then on."""
    sent: list[int] = []

    def fat(asked: Asked) -> Reply:
        sent.append(len(asked.headers.get("Cookie", "")))
        answer = good({"query": {"pages": [{"ns": 0, "title": TITLE, "missing": True}]}, "curtimestamp": EDIT.seen})
        return answer[0], {**answer[1], "Set-Cookie": f"odd{len(sent)}={'x' * 4000}"}, answer[2]

    with scripted_wiki(fat) as server:
        wiki = MediaWiki(server.settings())
        for _ in range(6):
            with contextlib.suppress(WikiFailure):
                wiki.text(TITLE)
    assert max(sent) < 8000


@pytest.mark.parametrize("status", [400, 431])
def test_a_refusal_of_our_head_makes_us_log_in_anew(status: int) -> None:
    with scripted_wiki(lambda _: (status, {"Set-Cookie": "odd=x"}, b"")) as server:
        wiki = MediaWiki(server.settings())
        for _ in range(2):
            with pytest.raises(WikiFailure):
                wiki.save(EDIT)
        assert not wiki._api._site.connection.cookies


def test_what_a_library_says_of_a_broken_head_does_not_stand_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """It says it with all that stood there: the session's cookie too."""
    caplog.set_level("DEBUG", "labsbot")
    head = {"X": "y\r\nno line of a head\r\nSet-Cookie: session=S3CRET"}
    with scripted_wiki(lambda _: (200, head, b"{}")) as server, contextlib.suppress(WikiFailure):
        MediaWiki(server.settings()).look(TITLE)
    assert "S3CRET" not in caplog.text
