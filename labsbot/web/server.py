"""Serve calls in the bot's own loop: a socket of ours goes to uvicorn, and nothing that happens there ends the bot.

What uvicorn leaves open is closed here: who sends slowly, reads slowly or sends no HTTP is answered and put out, and so
is whoever comes when too many are there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from labsbot.edge import sockets
from labsbot.settings import Server, SystemdSocket, WebSettings
from labsbot.web.app import WebApp
from labsbot.web.audience import Audiences
from labsbot.web.bodies import PATIENCE
from labsbot.web.entries import Entries
from labsbot.web.health import Health
from labsbot.web.listing import EntryListing
from labsbot.web.pages.pages import LogPages
from labsbot.web.problems import HttpProblem, ProblemCause, malformed, retry_after
from labsbot.web.reading import JournalReader, ReadingRules
from labsbot.web.tokens import Tokens

log = logging.getLogger("labsbot.web.server")

AGAIN = 10.0
"""Seconds after which we try again to listen."""
MOST_CONNECTIONS = 500
LARGEST_HEAD, MOST_FIELDS = 16_384, 100
"""Bytes of a request's line and headers, and how many of these there may be."""
KEEP_ALIVE, GOODBYE = 5, 2
"""Seconds for the next call of a connection to begin, and for open calls to end when we stop."""
SLOW_READER = 10.0
"""Seconds for an answer to be read."""

Listen = Server | Path | SystemdSocket


class Web:
    """Listens while it is run. It never ends by a fault; where it cannot listen, it says so and tries again."""

    def __init__(
        self,
        listen: Listen,
        entries: Entries,
        listing: EntryListing,
        pages: LogPages,
        reader: JournalReader,
        app: WebApp,
        health: Health,
    ) -> None:
        self._listen = listen
        self._entries = entries
        self._listing = listing
        self._pages = pages
        self._reader = reader
        self._health = health
        self._stop = asyncio.Event()
        self._config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GOODBYE,
            backlog=MOST_CONNECTIONS,
        )
        self._server = _UvicornServer(self._config)
        self._cause = ""
        """Why we could not listen when we tried last, which was said."""
        self.app = app
        self.listening = asyncio.Event()
        self.address: object = None
        """Where we listen, as the kernel says."""

    def take_up(self, settings: WebSettings, rules: ReadingRules) -> None:
        """Let these hold from the next call on: who may do what, and how the log is read."""
        audiences = Audiences(Tokens(settings.tokens, settings.private), settings.trusted)
        self._entries.audiences = self._listing.audiences = audiences
        self._pages.audiences = self._health.audiences = audiences
        self._entries.page_of = rules.page_of
        self._reader.rules = rules

    def stop(self) -> None:
        """Take no more calls; whoever waits is answered now."""
        self._stop.set()
        self._entries.stopping.set()
        self._server.should_exit = True

    async def run(self) -> None:
        try:
            while not self._stop.is_set():
                await self._once()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), AGAIN)
        finally:
            self._reader.close()

    async def _once(self) -> None:
        try:
            listener = self._bound()
            listener.listen(MOST_CONNECTIONS)  # whoever comes before the server is ready waits, and is not sent away
        except OSError as error:
            cause = error.strerror or str(error)
            level = logging.DEBUG if cause == self._cause else logging.WARNING
            log.log(level, "cannot listen on %s: %s; trying again", _named(self._listen), cause)
            self._cause = cause
            return
        try:
            self._cause = ""
            self._server = _UvicornServer(self._config)
            self.address = listener.getsockname()
            self.listening.set()
            log.info("takes calls on %s", _named(self._listen))
            await self._server.serve([listener])
        except (Exception, SystemExit):  # the guard of the whole station: the bot goes on without it
            log.exception("calls by HTTP failed unexpectedly")
        finally:
            self.listening.clear()
            for each in getattr(self._server, "servers", ()):  # a server that failed has left them open
                each.close()
            listener.close()
            if isinstance(self._listen, Path):
                with contextlib.suppress(OSError):
                    self._listen.unlink()

    def _bound(self) -> socket.socket:
        match self._listen:
            case Server(host, port):
                return sockets.bound_tcp(host, port)
            case Path():
                return sockets.bound_at(self._listen)
        return sockets.handed_over(os.environ)


def _named(listen: Listen) -> str:
    match listen:
        case Server(host, port):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case Path():
            return str(listen)
    return "the socket of systemd"


class _UvicornServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the bot's."""
        yield


class _BoundedHeads(h11.Connection):
    """Reads no head that is too large. The limit of h11 holds for what is not whole yet, and one that arrives at once
    takes it as long as it takes, in a loop in which others wait."""

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            received, _ = self.trailing_data
            end = _HEAD_ENDS.search(received, 0, LARGEST_HEAD)
            if received.count(b"\n", 0, end.start() if end else LARGEST_HEAD) > MOST_FIELDS or (
                end is None and len(received) > LARGEST_HEAD
            ):
                raise h11.RemoteProtocolError("too large a head", error_status_hint=431)
        return super().next_event()


_HEAD_ENDS = re.compile(rb"\n\r?\n")


class _Protocol(H11Protocol):
    """One connection."""

    _waits_for: object = None
    """The state of the other side whose end we wait for."""
    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn = _BoundedHeads(h11.SERVER, LARGEST_HEAD)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that we hear of whoever reads nothing
        if len(self.connections) > MOST_CONNECTIONS:
            self._end_with(HttpProblem(ProblemCause.BUSY, "too many connections at once: try again.", retry_after(1)))
            return
        self._keep_time()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._keep_time()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for timer in (self._late, self._unread):
            if timer is not None:
                timer.cancel()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(SLOW_READER, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def send_400_response(self, msg: str) -> None:
        bounds = f"there are more than {MOST_FIELDS} headers, or they are larger than {LARGEST_HEAD} bytes"
        self._end_with(malformed(f"this is no HTTP/1.1, or {bounds}."))

    def _keep_time(self) -> None:
        """A head and a body have each so long to arrive, however many pieces they come in."""
        state = self.conn.their_state
        if state is self._waits_for:
            return
        self._waits_for = state
        if self._late is not None:
            self._late.cancel()
        if state is h11.IDLE:
            self._late = self.loop.call_later(PATIENCE, self._head_is_late)
        elif state is h11.SEND_BODY:  # whoever answers is before us, with words
            self._late = self.loop.call_later(PATIENCE + 0.5, self.transport.abort)

    def _head_is_late(self) -> None:
        if self.conn.trailing_data[0]:
            self._end_with(HttpProblem(ProblemCause.TOO_SLOW, f"the call did not arrive within {PATIENCE:g} s."))
        elif self.cycle is None:
            self.transport.close()

    def _end_with(self, problem: HttpProblem) -> None:
        """Answer in place of the application, and hang up."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        headers = {"Content-Type": "application/problem+json", "Connection": "close", **problem.headers}
        content = problem.content
        head = h11.Response(
            status_code=problem.cause.status, headers=[*headers.items(), ("Content-Length", str(len(content)))]
        )
        for event in (head, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
