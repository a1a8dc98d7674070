"""Requests of the bot come in; what the plan says becomes of them: the wiki gets them, or not, and the bot an answer.

It stands between the bot and the wiki and speaks just enough HTTP for that: one request for each connection. Nothing
here knows the bot.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Self

from tests.torture.plan import Fault, Moment, Step

HOST = "127.0.0.1"

_STATUS = {
    Fault.TOO_MANY: b"429 Too Many Requests\r\nRetry-After: 1",
    Fault.BROKEN: b"500 Internal Server Error",
    Fault.BAD_GATEWAY: b"502 Bad Gateway",
    Fault.BAD_GATEWAY_AFTER: b"502 Bad Gateway",
    Fault.NO_SERVICE: b"503 Service Unavailable\r\nRetry-After: 1",
    Fault.HTML: b"200 OK",
    Fault.HTML_AFTER: b"200 OK",
}
_CODES = {
    Fault.MAXLAG: "maxlag",
    Fault.RATELIMITED: "ratelimited",
    Fault.READONLY: "readonly",
    Fault.BADTOKEN: "badtoken",
    Fault.ASSERTUSERFAILED: "assertuserfailed",
    Fault.EDITCONFLICT: "editconflict",
}
_EDIT = re.compile(rb'; name="action"\r\n\r\nedit\r\n')
_BEFORE = {Fault.DROPPED, Fault.OUTAGE, *_STATUS, *_CODES} - {Fault.BAD_GATEWAY_AFTER, Fault.HTML_AFTER}
"""Of these requests the wiki never hears."""


async def _let_it_be(_moment: Moment) -> None:
    pass


class FaultProxy:
    """Use as an async context manager; `plan` says what becomes of the next request (True: of an edit)."""

    def __init__(self, wiki_port: int, plan: Callable[[bool], Step]) -> None:
        self.port = 0
        self.plan = plan
        self.counts: Counter[Fault] = Counter()
        self.meanwhile: Callable[[Moment], Awaitable[None]] = _let_it_be
        """Awaited with each edit, when it is about to go to the wiki, and before its answer goes to the bot."""
        self._wiki_port = wiki_port
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._outage: asyncio.Task[None] | None = None

    @property
    def api(self) -> str:
        return f"http://{HOST}:{self.port}/api.php"

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.settle()
        self._close()

    async def settle(self) -> None:
        """Return when no request is under way any more, late ones included, and no outage."""
        while self._under_way:
            await asyncio.wait(self._under_way)
        if self._outage:
            await self._outage

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=2**24)
        self.port = self._server.sockets[0].getsockname()[1]

    def _close(self) -> None:
        assert self._server
        self._server.close()

    async def _be_away(self, seconds: float) -> None:
        self._close()
        await asyncio.sleep(seconds)
        await self._open()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        this = asyncio.current_task()
        assert this
        self._under_way.add(this)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the bot is dead, or has hung up
        finally:
            self._under_way.discard(this)
            await _hang_up(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        save = _EDIT.search(body) is not None
        step = self.plan(save)
        fault = step.fault
        self.counts[fault] += 1
        if save:
            await self.meanwhile(Moment.EDIT_BEGUN)
        if fault is Fault.LANDS_LATE:
            await _hang_up(writer)
            await asyncio.sleep(step.seconds)
        if fault is Fault.OUTAGE and (self._outage is None or self._outage.done()):
            self._outage = asyncio.create_task(self._be_away(step.seconds))
        if fault in _BEFORE:
            answer = b""
        else:
            # Once it is here it reaches the wiki, also if the bot dies meanwhile.
            answer = await self._ask_the_wiki(head, body)
            if save:
                await self.meanwhile(Moment.EDIT_SAVED)
        if fault is Fault.SLOW:
            await asyncio.sleep(step.seconds)
        writer.write(_spoilt(answer, fault))
        await writer.drain()

    async def _ask_the_wiki(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, self._wiki_port)
        try:
            writer.write(_without_connection(head) + body)
            return await reader.read()
        finally:
            await _hang_up(writer)


def _spoilt(answer: bytes, fault: Fault) -> bytes:
    """What the bot gets to read of the wiki's answer, or instead of it."""
    if fault in (Fault.DROPPED, Fault.UNANSWERED, Fault.LANDS_LATE, Fault.OUTAGE):
        return b""
    if fault is Fault.CUT:
        head, _, body = answer.partition(b"\r\n\r\n")
        # By its head the whole answer is still to come.
        return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2]
    if fault in _STATUS:
        return _response(_STATUS[fault], b"text/html", b"<html><body><h1>Sorry</h1></body></html>")
    if fault in _CODES:
        error = {"error": {"code": _CODES[fault], "info": "Said by the proxy of the tests."}}
        return _response(b"200 OK", b"application/json", json.dumps(error).encode())
    return answer


def _response(status: bytes, kind: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, kind, len(body)) + body


def _length(head: bytes) -> int:
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return int(lengths[0].partition(b":")[2]) if lengths else 0


def _without_connection(head: bytes) -> bytes:
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
