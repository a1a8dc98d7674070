"""Why a call is not answered as its caller hoped: a cause and its words come in, ``application/problem+json`` goes out.

By RFC 9457: `type` names the cause for programs, `detail` says it in the words that the channel would get.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping

from starlette.responses import Response

from labsbot.desk.answer import About, Refusal
from labsbot.desk.scripts import KeyReused, NotTheirs
from labsbot.text.visible_json import visible

MEDIA_TYPE = "application/problem+json"


class ProblemCause(enum.Enum):
    """Each with its status and what it means, for people who write programs."""

    MALFORMED = "malformed", 400, "the call cannot be read"
    NO_TOKEN = "no-token", 401, "no token, or none that is known"
    NOT_YOURS = "not-yours", 403, "the token may not do this"
    NOT_FOUND = "not-found", 404, "there is no such thing"
    NO_SUCH_METHOD = "no-such-method", 405, "this cannot be done to it"
    TOO_SLOW = "too-slow", 408, "the call did not arrive in time"
    EDITED_BY_PEOPLE = "edited-by-people", 409, "people have edited the line on the wiki, which is left alone"
    TAKEN_BACK = "taken-back", 409, "the entry is taken back"
    REDACTED = "redacted", 410, "an operator has removed what it said"
    TOO_LARGE = "too-large", 413, "the body is too large"
    NO_JSON = "no-json", 415, "the body is not of the type application/json"
    REFUSED = "refused", 422, "it is not logged for what it says"
    KEY_REUSED = "key-reused", 422, "the key was used before, for something else"
    TOO_MUCH = "too-much", 429, "more than the token's limit"
    FAULT = "fault", 500, "a fault of ours"
    JOURNAL = "journal", 503, "the journal cannot be written"
    BUSY = "busy", 503, "too many calls at once"

    def __init__(self, name_of_type: str, status: int, title: str) -> None:
        self.type = name_of_type
        self.status = status
        self.title = title


class HttpProblem(Exception):
    """The answer to a call is this problem."""

    def __init__(self, cause: ProblemCause, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def content(self) -> bytes:
        cause = self.cause
        told = {"type": cause.type, "title": cause.title, "status": cause.status, "detail": self.detail}
        return visible(json.dumps(told, ensure_ascii=False)).encode()

    @property
    def response(self) -> Response:
        return Response(self.content, self.cause.status, self.headers, MEDIA_TYPE)


def malformed(detail: str) -> HttpProblem:
    return HttpProblem(ProblemCause.MALFORMED, detail)


def of_outcome(outcome: Refusal | KeyReused | NotTheirs) -> HttpProblem:
    """Why the front desk has not kept something."""
    match outcome:
        case KeyReused():
            return HttpProblem(ProblemCause.KEY_REUSED, outcome.text)
        case NotTheirs():
            return HttpProblem(ProblemCause.NOT_YOURS, outcome.text)
        case Refusal(about=About.JOURNAL):
            return HttpProblem(ProblemCause.JOURNAL, outcome.text, retry_after(RETRY))
        case Refusal(about=About.UNSURE):
            return HttpProblem(ProblemCause.BUSY, outcome.text, retry_after(RETRY))
        case Refusal(retry_after=float(seconds)):
            return HttpProblem(ProblemCause.TOO_MUCH, outcome.text, retry_after(seconds))
    return HttpProblem(ProblemCause.REFUSED, outcome.text)


RETRY = 5.0
"""Seconds after which a journal that could not be written may be tried again."""


def retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(math.ceil(seconds), 1))}
