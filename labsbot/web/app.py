"""What is asked of us by HTTP, by address and method; and the guard of one call: no input ends in a fault of ours.

A fault that happens all the same is told with a reference, by which it is found in the log; the log holds no token.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from labsbot.model import JournalFailure
from labsbot.web import openapi
from labsbot.web.entries import ANNOTATIONS, PATH, PROJECTS, STREAM, Entries
from labsbot.web.health import Health
from labsbot.web.listing import EntryListing, StreamStopped
from labsbot.web.pages.pages import LogPages
from labsbot.web.problems import RETRY, HttpProblem, ProblemCause, retry_after

log = logging.getLogger("labsbot.web.app")

Verb = Callable[[Request], Awaitable[Response]]
METHODS = ["GET", "PATCH", "DELETE"]
FOR_PROGRAMS = ("/api/", "/livez", "/readyz", "/metrics")
"""Where problems are told to programs, and elsewhere to people."""
_ABSOLUTE = re.compile("^https?://[^/]*", re.IGNORECASE)
"""What stands before a path in the absolute form, which every server has to take (RFC 9112, section 3.2.2)."""
SAFE = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


class WebApp:
    """An ASGI application."""

    def __init__(
        self,
        entries: Entries,
        listing: EntryListing,
        pages: LogPages,
        health: Health,
        url: str,
        answered: Counter[int],
    ) -> None:
        """`answered`: how many calls were answered, by status; they are counted here."""
        self.answered = answered
        self._pages = pages
        described = openapi.document(url)

        async def describe(request: Request) -> Response:
            return Response(described, media_type="application/json")

        one = PATH + "/{id}"
        self._router = Router(
            [
                Route(PATH, _by_method(GET=listing.entries, POST=entries.post), methods=["GET", "POST"]),
                Route(STREAM, listing.stream),
                Route(PROJECTS, listing.projects),
                Route(ANNOTATIONS, listing.annotations),
                Route(one, _by_method(GET=entries.get, PATCH=entries.patch, DELETE=entries.delete), methods=METHODS),
                Route(openapi.PATH, describe),
                Route("/", pages.home),
                Route("/log/{path:path}", pages.project),
                Route("/all", pages.all),
                Route("/all/{when:path}", pages.all),
                Route("/search", pages.search),
                Route("/search/{feed:path}", pages.search),
                Route("/entry/{id}", pages.entry),
                Route("/live", pages.live, methods=["GET"]),
                Route("/about", pages.about),
                Route("/static/{name}", pages.static),
                Route("/robots.txt", pages.static),
                Route("/livez", health.live),
                Route("/readyz", health.ready),
                Route("/metrics", health.metrics),
            ],
            redirect_slashes=False,
            default=_nothing_there,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        # with an “app” there, a method that is not known is raised
        scope = {**scope, "path": _ABSOLUTE.sub("", scope["path"]) or "/", "app": self}

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self.answered[message["status"]] += 1
                message["headers"] = [*message["headers"], *SAFE]
            await send(message)

        try:
            _look_at_framing(scope)
            await self._router(scope, receive, sent)
        except ClientDisconnect:
            log.debug("a caller has gone")
        except StreamStopped:
            raise  # the server closes the connection
        except Exception as error:  # the guard of one call
            problem = _problem(error)
            if started:
                raise  # the server closes the connection
            for_program = scope["path"].startswith(FOR_PROGRAMS)
            await (problem.response if for_program else self._pages.problem(problem))(scope, receive, sent)


def _look_at_framing(scope: Scope) -> None:
    """Refuse a call that says twice how long it is: a proxy before us may have believed the other one.

    What follows on the same connection is another call for one of the two, so nothing more is read there (RFC 9112,
    section 6.1).
    """
    names = {name for name, _ in scope["headers"]}
    if {b"content-length", b"transfer-encoding"} <= names:
        words = "Content-Length and Transfer-Encoding: send one of them."
        raise HttpProblem(ProblemCause.MALFORMED, words, {"Connection": "close"})


def _by_method(**verbs: Verb) -> Verb:
    async def answer(request: Request) -> Response:
        return await verbs["GET" if request.method == "HEAD" else request.method](request)

    return answer


async def _nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    where = f"see {openapi.PATH}" if scope["path"].startswith(FOR_PROGRAMS) else "see the projects, above"
    raise HttpProblem(ProblemCause.NOT_FOUND, f"there is nothing here: {where}.")


def _problem(error: Exception) -> HttpProblem:
    match error:
        case HttpProblem():
            return error
        case HTTPException(status_code=405):
            words = f"this cannot be done here: {(error.headers or {}).get('Allow', '')} can."
            return HttpProblem(ProblemCause.NO_SUCH_METHOD, words, error.headers)
        case JournalFailure():
            log.error("a call failed: %s", error)
            return HttpProblem(ProblemCause.JOURNAL, "the journal cannot be read or written.", retry_after(RETRY))
    reference = secrets.token_hex(4)
    log.error("call %s failed unexpectedly", reference, exc_info=error)
    words = f"that was a fault of ours. Tell an operator: it stands in the log as {reference}."
    return HttpProblem(ProblemCause.FAULT, words)
