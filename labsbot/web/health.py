"""What whoever watches over us may ask: is the bot alive, is it of use, and how much of what has happened.

The rooms say it; here it becomes an answer, and those who are not near get no more than yes or no.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from labsbot.web.audience import Audiences
from labsbot.web.problems import HttpProblem, ProblemCause


@dataclass(frozen=True, slots=True)
class Watched:
    """What there is to be seen of us."""

    reasons: Callable[[], Sequence[str]]
    """Why we are not of use; empty: we are."""
    exposed: Callable[[str], Awaitable[tuple[bytes, str]]]
    """All figures, as whoever accepts such media types reads them; and of which type that is. Raises JournalFailure."""
    requests: Counter[int] = field(default_factory=Counter)
    """How many calls were answered, by status: what is counted here for the figures."""


class Health:
    def __init__(self, watched: Watched, audiences: Audiences) -> None:
        self._watched = watched
        self.audiences = audiences

    async def live(self, request: Request) -> Response:
        return _told(200, {"status": "alive"})

    async def ready(self, request: Request) -> Response:
        reasons = self._watched.reasons()
        told: dict[str, object] = {"status": "not ready" if reasons else "ready"}
        if self.audiences.is_near(request):
            told["reasons"] = list(reasons)
        return _told(503 if reasons else 200, told)

    async def metrics(self, request: Request) -> Response:
        if not self.audiences.is_near(request):
            words = "figures are told on this machine, and where `trusted` says so."
            raise HttpProblem(ProblemCause.NOT_YOURS, words)
        content, media_type = await self._watched.exposed(request.headers.get("accept", ""))
        return Response(content, headers={"Cache-Control": "no-store", "Content-Type": media_type})


def _told(status: int, content: Mapping[str, object]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status, {"Cache-Control": "no-store"}, "application/json")
