"""What becomes of a request at the proxy, with a small server for a wiki."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.torture.plan import Fault, Moment, Step
from tests.torture.proxy import HOST, FaultProxy

EDIT = b'--x\r\nContent-Disposition: form-data; name="action"\r\n\r\nedit\r\n--x--\r\n'
ANSWER = b'{"edit": {"result": "Success"}}'


class Place:
    """A wiki that counts, the proxy before it, and somebody who asks."""

    proxy: FaultProxy

    def __init__(self) -> None:
        self.step = Step()
        self.asked: list[bytes] = []
        self.arrived = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Connection: close" in head
        self.asked.append(await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])))
        self.arrived.set()
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + ANSWER)
        writer.close()

    async def ask(self, body: bytes = EDIT) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self.proxy.port)
        head = b"POST /api.php HTTP/1.1\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(body) + body)
        answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    wiki = await asyncio.start_server(place.answer, HOST, 0)
    async with wiki, FaultProxy(wiki.sockets[0].getsockname()[1], lambda save: place.step) as place.proxy:
        yield place


@pytest.mark.parametrize(
    ("fault", "reaches_the_wiki", "wanted"),
    [
        (Fault.NONE, True, b"HTTP/1.1 200 OK\r\n\r\n" + ANSWER),
        (Fault.SLOW, True, b"HTTP/1.1 200 OK\r\n\r\n" + ANSWER),
        (Fault.DROPPED, False, b""),
        (Fault.UNANSWERED, True, b""),
        (Fault.CUT, True, b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n" + ANSWER[:15]),
        (Fault.LANDS_LATE, True, b""),
        (Fault.OUTAGE, False, b""),
        (Fault.TOO_MANY, False, b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"),
        (Fault.BROKEN, False, b"HTTP/1.1 500 "),
        (Fault.BAD_GATEWAY, False, b"HTTP/1.1 502 "),
        (Fault.BAD_GATEWAY_AFTER, True, b"HTTP/1.1 502 "),
        (Fault.NO_SERVICE, False, b"HTTP/1.1 503 "),
        (Fault.HTML, False, b"HTTP/1.1 200 OK\r\nContent-Type: text/html"),
        (Fault.HTML_AFTER, True, b"HTTP/1.1 200 OK\r\nContent-Type: text/html"),
        (Fault.MAXLAG, False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json"),
        (Fault.RATELIMITED, False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json"),
        (Fault.READONLY, False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json"),
        (Fault.BADTOKEN, False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json"),
        (Fault.ASSERTUSERFAILED, False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json"),
        (Fault.EDITCONFLICT, False, b"HTTP/1.1 200 OK\r\nContent-Type: application/json"),
    ],
)
async def test_each_fault_is_what_it_says(place: Place, fault: Fault, reaches_the_wiki: bool, wanted: bytes) -> None:
    place.step = Step(fault, 0.01)
    answer = await place.ask()
    await place.proxy.settle()
    assert answer == wanted if not wanted or ANSWER in wanted else answer.startswith(wanted)
    assert place.asked == [EDIT] * reaches_the_wiki
    assert place.proxy.counts == {fault: 1}


@pytest.mark.slow
async def test_an_outage_refuses_connections_and_ends(place: Place) -> None:
    place.step = Step(Fault.OUTAGE, 1.0)
    await place.ask()
    with pytest.raises(ConnectionRefusedError):
        await place.ask()
    await place.proxy.settle()
    place.step = Step()
    assert ANSWER in await place.ask()


async def test_an_edit_reaches_the_wiki_though_who_sent_it_is_gone(place: Place) -> None:
    place.step = Step(Fault.SLOW, 0.0)
    _, writer = await asyncio.open_connection(HOST, place.proxy.port)
    writer.write(b"POST /api.php HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(EDIT) + EDIT)
    await writer.drain()
    writer.transport.abort()
    async with asyncio.timeout(5):
        await place.arrived.wait()
    assert place.asked == [EDIT]


async def test_what_is_to_be_done_in_the_middle_of_an_edit_is_done_there_and_in_no_read(place: Place) -> None:
    seen: list[tuple[Moment, int]] = []

    async def note(moment: Moment) -> None:
        seen.append((moment, len(place.asked)))

    place.proxy.meanwhile = note
    await place.ask(b"action=query")
    await place.ask()
    assert seen == [(Moment.EDIT_BEGUN, 1), (Moment.EDIT_SAVED, 2)]
