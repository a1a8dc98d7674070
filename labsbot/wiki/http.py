"""Requests of a `requests` session go out; whether anything was sent, and the answer's head, is kept.

Every request as a whole has an end (requests' own time-outs are per read: a server that drips never meets them).
It sends one request at a time, repeats nothing, and does not know what a wiki is.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from labsbot.edge.bounded import Bounded, Http, Https, pool_classes


class HttpClient(Bounded):
    """The way to one server, mounted into a session; what it knows is about the request sent last."""

    sent: bool
    """Some of the request went out: the server may have acted on it."""
    status: int | None
    """The HTTP status of the answer; None: there was none."""
    retry_after: float | None
    """Seconds that the answer asks us to wait."""
    location: str
    """Where it leads, without query; empty: nowhere."""
    headers: Mapping[str, str]
    """The answer's."""

    def __init__(self, session: requests.Session) -> None:
        self._socket: socket.socket | None = None
        self._hung_up = False
        self._forget()
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        session.mount("http://", self)
        session.mount("https://", self)
        session.hooks["response"].append(self._heard)
        # Neither a proxy nor a netrc entry nor another CA bundle of the environment the bot happens to run in.
        session.trust_env = False

    @contextlib.contextmanager
    def hang_up_after(self, seconds: float) -> Iterator[None]:
        """Within the block one request may be sent; what of it is still under way after `seconds` is cut off."""
        self._forget()
        if seconds <= 0:
            self._hung_up = True
        timer = threading.Timer(max(0.0, seconds), self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = pool_classes(*_connections(self))

    def may_send(self, over: socket.socket) -> None:
        """A connection is about to send over this socket. Raises TimeoutError where it is too late for that."""
        if self._hung_up:
            raise TimeoutError("the deadline passed before the request was sent")
        self._socket = over
        self.sent = True

    def _forget(self) -> None:
        self.sent = False
        self.status = None
        self.retry_after = None
        self.location = ""
        self.headers = {}
        self._hung_up = False

    def _heard(self, response: requests.Response, **_: object) -> None:
        self.status = response.status_code
        self.retry_after = _seconds(response.headers.get("Retry-After"))
        self.location = response.headers.get("Location", "").partition("?")[0]
        self.headers = response.headers
        # mwclient would wait by itself where it sees this header; the answer's error code says the same.
        response.headers.pop("X-Database-Lag", None)

    def _hang_up(self) -> None:
        self._hung_up = True
        if self._socket:
            with contextlib.suppress(OSError):
                # Of the TCP connection: TLS has no part in it, and the thread that reads meets the end of it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _connections(line: HttpClient) -> tuple[type[Http], type[Https]]:
    class OurHttp(Http):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            line.may_send(self.sock)
            super().send(data)

    class OurHttps(Https):
        def send(self, data: Any) -> None:
            if self.sock is None:
                self.connect()
            line.may_send(self.sock)
            super().send(data)

    return OurHttp, OurHttps


def _seconds(retry_after: str | None) -> float | None:
    """Seconds to wait, from a number or a date (RFC 9110, 10.2.3); None where it is neither."""
    words = (retry_after or "").strip()[:64]
    if words.isascii() and words.isdecimal():
        return float(words[:9])
    try:
        then = parsedate_to_datetime(words)
        now = datetime.now(UTC)
        return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, LookupError, OverflowError):  # what the library raises for dates that are none
        return None
