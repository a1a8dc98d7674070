"""The server with callers who do not speak HTTP as they should; and that whatever happens there ends nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labsbot.edge import sockets
from labsbot.settings import Server, SystemdSocket
from labsbot.web import server
from tests.web.conftest import TOOLS, Place

BODY = b'{"project": "tools", "message": "x"}'
HEAD = (
    f"POST /api/v1/entries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOOLS}\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()


@contextlib.asynccontextmanager
async def connected(place: Place) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", await place.port())
    yield reader, writer
    writer.transport.abort()


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All that comes until they hang up, within ten seconds."""
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


async def answer_to(place: Place, sent: bytes) -> bytes:
    async with connected(place) as (reader, writer):
        writer.write(sent)
        return await rest(reader)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://logs.example/all", 200),
        (b"HTTPS://logs.example:8443/all?robots=0", 200),
        (b"http://logs.example", 200),
        (b"http://logs.example/nothing", 404),
        (b"/http://logs.example/all", 404),
        (b"ftp://logs.example/all", 404),
    ],
)
async def test_an_address_may_be_a_whole_one(place: Place, target: bytes, status: int) -> None:
    """RFC 9112, section 3.2.2."""
    answer = await answer_to(place, b"GET %b HTTP/1.1\r\nHost: logs.example\r\nConnection: close\r\n\r\n" % target)
    assert answer.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"A: b\r\n" * 98, 200),
        (b"A: b\r\n" * 99, 400),
        (b"A: b\r\n" * 20_000, 400),
        (b"A: %b\r\n" % (b"b" * 20_000), 400),
    ],
)
@pytest.mark.parametrize("before", [b"", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"])
async def test_a_head_is_bounded_also_where_it_arrives_at_once(
    place: Place, before: bytes, fields: bytes, status: int
) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + b"\r\n"
    answers = re.findall(rb"HTTP/1.1 ([0-9]+)", await answer_to(place, before + head))
    assert [int(each) for each in answers] == [200] * bool(before) + [status]


async def test_the_second_half_of_an_answer_does_not_wait_until_the_first_is_confirmed() -> None:
    delayed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        delayed.set_result(not writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(hear, sock=sockets.bound_tcp("127.0.0.1", 0)) as listening:
        _, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        assert not await delayed, "a client waits 40 ms for each answer that comes in two parts"
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\na b: c\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_400_and_put_out(place: Place, sent: bytes) -> None:
    answer = await answer_to(place, sent)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer
    assert b"this is no HTTP/1.1" in answer


@pytest.mark.parametrize("path", [b"/api/v1/entries", b"/search"])
async def test_a_call_that_says_twice_how_long_it_is_is_400_and_what_follows_is_no_call(
    place: Place, path: bytes
) -> None:
    lengths = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    hidden = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await answer_to(place, b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n" + lengths + hidden)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


async def test_headers_without_end_are_put_out(place: Place) -> None:
    answer = await answer_to(place, b"GET / HTTP/1.1\r\nHost: x\r\na: " + b"b" * 2_000_000)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_breaks_off_in_a_malformed_chunk_is_put_out(place: Place) -> None:
    head = HEAD.replace(f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: chunked")
    assert (await answer_to(place, head + b"5\r\nabcde\r\nZZ\r\n")).startswith(b"HTTP/1.1 400 ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "answer"),
    [(b"", b""), (b"GET / HT", b"HTTP/1.1 408 "), (HEAD[:-1], b"HTTP/1.1 408 "), (HEAD + BODY[:-1], b"HTTP/1.1 408 ")],
)
async def test_a_call_that_is_half_sent_is_ended_within_ten_seconds(place: Place, sent: bytes, answer: bytes) -> None:
    assert (await answer_to(place, sent)).startswith(answer)


@pytest.mark.slow
@pytest.mark.parametrize("whole", [HEAD, b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"])
async def test_a_call_that_trickles_is_ended_within_ten_seconds(place: Place, whole: bytes) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(whole[:20] if whole is HEAD else whole)
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.2)

    async with connected(place) as (reader, writer):
        trickling = asyncio.create_task(trickle(writer))
        await rest(reader)
        trickling.cancel()


@pytest.mark.slow
async def test_whoever_reads_nothing_is_put_out(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SLOW_READER", 0.5)
    port = await place.port()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        deaf.setblocking(False)
        asked = b"GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
        async with asyncio.timeout(20):
            with contextlib.suppress(ConnectionError):
                while True:
                    with contextlib.suppress(BlockingIOError):
                        deaf.send(asked)
                    await asyncio.sleep(0.001)
    assert (await place.call("GET", "/livez")).status == 200


async def test_beyond_so_many_connections_they_are_to_come_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    async with contextlib.AsyncExitStack() as several:
        for _ in range(3):
            _, writer = await several.enter_async_context(connected(place))
            writer.write(b"G")
        assert b" 503 " in await answer_to(place, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(5):
        while (await place.call("GET", "/livez")).status != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_calls_on_one_connection_are_answered_one_after_the_other(place: Place) -> None:
    async with connected(place) as (reader, writer):
        writer.write((HEAD + BODY) * 3 + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await rest(reader)
    assert answer.count(b"HTTP/1.1 202 ") == 3
    assert answer.count(b"HTTP/1.1 200 ") == 1


async def test_no_bytes_at_all_are_a_fault_of_ours(place: Place) -> None:
    chance = random.Random(7)
    for _ in range(60):
        sent = bytearray(HEAD + BODY)
        for _ in range(chance.randrange(1, 8)):
            sent[chance.randrange(len(sent))] = chance.randrange(256)
        async with connected(place) as (reader, writer):
            writer.write(bytes(sent))
            writer.write_eof()
            assert b" 500 " not in (await rest(reader))[:20]
    assert place.web.app.answered[500] == 0


# --- where it listens ---


@pytest.mark.slow
async def test_a_port_that_is_taken_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "AGAIN", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        place = Place(tmp_path, Server("127.0.0.1", port))
        async with place.open():
            async with asyncio.timeout(5):
                while "cannot listen" not in caplog.text:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert f"cannot listen on 127.0.0.1:{port}: Address already in use; trying again" in caplog.text
            other.close()
            assert (await place.call("GET", "/livez")).status == 200


async def test_a_unix_socket_is_for_its_group_and_leaves_with_us(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    place = Place(tmp_path, path)
    async with place.open():
        await asyncio.wait_for(place.web.listening.wait(), 5)
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b'"reasons": []' in await rest(reader)
    assert not path.exists()


async def test_a_unix_socket_at_which_another_listens_is_left_alone(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "web.sock"))
        other.listen()
        with pytest.raises(OSError, match="somebody listens there already"):
            sockets.bound_at(tmp_path / "web.sock")


def test_where_systemd_hands_nothing_over_that_is_said() -> None:
    with pytest.raises(OSError, match="it needs a"):
        sockets.handed_over({"LISTEN_FDS": "1", "LISTEN_PID": "1"})


async def test_a_socket_of_systemd_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as handed:
        handed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(sockets, "FIRST_HANDED", handed.fileno())
        monkeypatch.setenv("LISTEN_FDS", "1")
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        place = Place(tmp_path, SystemdSocket())
        async with place.open():
            assert (await place.call("GET", "/livez")).status == 200


async def test_signals_stay_the_bots(place: Place) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert (await place.call("GET", "/livez")).status == 200
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.slow
async def test_a_fault_of_the_server_ends_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "AGAIN", 0.1)
    await place.port()
    running = place.web._server

    async def fails(counter: int) -> bool:
        raise SystemExit(3)

    monkeypatch.setattr(running, "on_tick", fails)
    async with asyncio.timeout(10):
        while "calls by HTTP failed unexpectedly" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await place.call("GET", "/livez")).status == 200


async def test_who_comes_as_soon_as_it_is_said_to_take_calls_waits_for_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Place(tmp_path)
    serve = server._UvicornServer.serve
    connected: list[socket.socket] = []

    async def late(self: server._UvicornServer, sockets: list[socket.socket]) -> None:
        assert made.web.listening.is_set()
        connected.append(socket.create_connection(sockets[0].getsockname(), 5))
        await serve(self, sockets)

    monkeypatch.setattr(server._UvicornServer, "serve", late)
    async with made.open():
        await made.port()
        (caller,) = connected
        with contextlib.closing(caller):
            caller.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await asyncio.to_thread(caller.recv, 100)).startswith(b"HTTP/1.1 200 ")
