"""Is the bot alive, and is it of use: what the rooms say now comes in, an answer for whatever watches over it goes out.

Entries that wait or are parked are no reason: the bot is of use all the same.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from labsbot.model import JournalFailure

OFFLINE = 120.0
"""Seconds without any network after which we are not ready."""


class WatchedJournal(Protocol):
    @property
    def failure(self) -> JournalFailure | None: ...


class Readiness:
    """Remembers when a network was last online, so `look` at it now and then."""

    def __init__(
        self, journal: WatchedJournal, online: Callable[[], Mapping[str, bool]], monotonic: Callable[[], float]
    ) -> None:
        self._journal = journal
        self._online = online
        self._monotonic = monotonic
        self._last = monotonic()

    def look(self) -> list[str]:
        """Why we are not ready; empty: we are."""
        now = self._monotonic()
        if any(self._online().values()):
            self._last = now
        reasons = []
        if failure := self._journal.failure:
            reasons.append(f"the journal cannot be written: {failure}")
        if now - self._last > OFFLINE:
            reasons.append(f"no network has been online for {now - self._last:.0f} s")
        return reasons

    async def live(self, request: Request) -> Response:
        return _told(200, {"status": "alive"})

    async def ready(self, request: Request) -> Response:
        reasons = self.look()
        told: dict[str, object] = {"status": "not ready" if reasons else "ready"}
        if _is_near(request):
            told["reasons"] = reasons
        return _told(503 if reasons else 200, told)


def _told(status: int, content: Mapping[str, object]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status, {"Cache-Control": "no-store"}, "application/json")


def _is_near(request: Request) -> bool:
    """Whether it comes from this machine, and no proxy says that it comes from elsewhere."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return (
            request.client is None or not request.client.host or ipaddress.ip_address(request.client.host).is_loopback
        )
    except ValueError:
        return False
