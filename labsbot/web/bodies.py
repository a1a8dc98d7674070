"""Read the body of a call: bytes come in, calls for the front desk go out, or a sentence that says what is wrong.

The models say what may stand there, to the reader of a call and, as JSON Schema, to the writer of a program.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from labsbot.desk.command import MOST_LOGS
from labsbot.desk.scripts import Call
from labsbot.edge import answers
from labsbot.web.problems import HttpProblem, ProblemCause, malformed

LARGEST = 65_536
"""Bytes of a body."""
DRAINED = 1_048_576
"""Bytes of a body that is too large which are still read, so that its sender hears why."""
SHORTER = "Send a long list as several shorter ones, each with a key of its own, and shorten a long message."
MOST_ENTRIES = 500
"""Entries of one call."""
PATIENCE = 4.5
"""Seconds for a body to arrive in."""
MOST_FLAWS = 5
"""So many are told at once."""


def _word(text: str) -> str:
    try:
        return answers.word(text)
    except answers.WrongAnswer as flaw:
        raise _wrong(str(flaw)) from None


def _moment(value: object) -> datetime:
    try:
        return answers.moment(value)
    except answers.WrongAnswer as flaw:
        raise _wrong(f"{flaw}, such as 2026-11-22T14:05:00Z") from None


def _wrong(words: str) -> PydanticCustomError:
    return PydanticCustomError("labsbot", "{words}", {"words": words})


Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_word)]
Text = Annotated[str, Field(min_length=1)]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]


class CallBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class NewEntry(CallBody):
    """An entry that is asked for; exactly one of `project` and `projects`."""

    project: Name | None = Field(None, description="Whose log it is for.")
    projects: list[Name] | None = Field(None, min_length=1, max_length=MOST_LOGS, description="The same for several.")
    message: Text = Field(description="Several lines become one.")
    author: Name | None = Field(None, description="In whose name, where the token may say so.")
    said: Moment | None = Field(None, description="When it was done; without it, now.")

    @property
    def call(self) -> Call:
        return Call(self.projects or [self.project or ""], self.message, self.author, self.said)


class NewText(CallBody):
    """What an entry is to say instead."""

    message: Text


B = TypeVar("B", bound=CallBody)


async def json_of(request: Request) -> Any:
    """What the body says, whatever that is."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or "content-encoding" in request.headers:
        raise HttpProblem(ProblemCause.NO_JSON, "send JSON, with the header “Content-Type: application/json”.")
    return parsed(await _content(request))


async def _content(request: Request) -> bytes:
    content, size = bytearray(), 0
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                size += len(piece)
                if size <= LARGEST:
                    content += piece
                elif size > DRAINED:
                    break
    except TimeoutError:
        words = f"the body did not arrive within {PATIENCE:g} s."
        raise HttpProblem(ProblemCause.TOO_SLOW, words, {"Connection": "close"}) from None
    if size > LARGEST:
        words = f"the body is too large: at most {LARGEST} bytes, of a list of entries too. {SHORTER}"
        raise HttpProblem(ProblemCause.TOO_LARGE, words, {"Connection": "close"})
    return bytes(content)


def parsed(content: bytes) -> Any:
    """The JSON of a body. What different readers take for different things is refused."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise malformed(f"the body is no UTF-8: byte {error.start} does not belong there.") from None
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise malformed(f"the body is no JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise malformed("the body is nested too deeply.") from None
    except UnicodeEncodeError:
        raise malformed(
            "the body holds half a character: a lone surrogate, such as \\ud83d without its other half."
        ) from None
    except ValueError:  # NaN and its like, or thousands of digits
        raise malformed("the body holds a number that is none, or is out of all reason.") from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise malformed("a key stands twice in one object: each may stand there once.")
    return made


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def entries_in(content: Any) -> list[Call]:
    """The calls of a body, which is one entry or a list of them."""
    several = content if isinstance(content, list) else [content]
    if not 0 < len(several) <= MOST_ENTRIES:
        raise malformed(f"a list of {len(several)} entries: expected 1 to {MOST_ENTRIES}.")
    return [_entry(each, number, isinstance(content, list)) for number, each in enumerate(several)]


def _entry(content: Any, number: int, in_list: bool) -> Call:
    made = checked(NewEntry, content, f"[{number}]" if in_list else "")
    if (made.project is None) == (made.projects is None):
        raise malformed(f"{f'[{number}]: ' if in_list else ''}expected one of “project” and “projects”.")
    return made.call


def checked(model: type[B], content: Any, at: str = "") -> B:
    """The content as this model; `at` is where it stands in the body."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_input=False, include_context=True)
        words = [f"{_place(at, flaw['loc'])}{_words(flaw, model)}" for flaw in flaws[:MOST_FLAWS]]
        raise malformed("; ".join(words) + ".") from None


def _place(at: str, path: tuple[int | str, ...]) -> str:
    steps = "".join(f"[{each}]" if isinstance(each, int) else f".{each[:40]}" for each in path)
    place = f"{at}{steps}".removeprefix(".")
    return f"{place}: " if place else ""


def _words(flaw: Any, model: type[BaseModel]) -> str:
    match flaw["type"]:
        case "labsbot":
            return str(flaw["ctx"]["words"])
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return f"is unknown, expected {', '.join(model.model_fields)}"
        case "model_type" | "model_attributes_type":
            return f"expected an object with {', '.join(model.model_fields)}"
        case "string_type":
            return "expected a text"
        case "list_type":
            return "expected a list of texts"
    return str(flaw["msg"][:1].lower() + flaw["msg"][1:])
