"""Check what somebody else answered, value by value: a text is a text, a number and a time are within reason.

Whoever takes an answer of the outside apart (a wiki's, a directory's, a file of state) takes its values through here.
What is not as it should be is a WrongAnswer, which each edge turns into one of its own failures. Pure.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

LONGEST_WORD = 2048
"""Characters of a name, a title, an address, a token."""
LARGEST = 2**63 - 1
"""What a database holds as one number."""
FIRST_YEAR, LAST_YEAR = 2000, 2200
"""Arithmetic on times between these never leaves the calendar."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f<>\"]+", re.IGNORECASE)


class WrongAnswer(ValueError):
    """An answer is not what it should be. It says what was expected, and nothing of what was there."""


def parsed(answer: str) -> Any:
    """The JSON of an answer, however deeply it is nested; ``NaN`` and the like are no JSON."""
    try:
        return json.loads(answer, parse_constant=_no_number)
    except (ValueError, RecursionError):
        # what was raised holds the whole answer, tokens too
        raise WrongAnswer("expected JSON, of reasonable depth") from None


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongAnswer("expected a mapping")
    return value


def rows(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WrongAnswer("expected a list")
    return value


def text(value: Any) -> str:
    """A text that can be written down as UTF-8."""
    if not isinstance(value, str) or _LONE_SURROGATE.search(value):
        raise WrongAnswer("expected a text")
    return value


def word(value: Any) -> str:
    """A text that is neither empty nor of several lines nor longer than a name may be."""
    if not text(value) or len(value) > LONGEST_WORD or _CONTROL.search(value):
        raise WrongAnswer("expected a short text of one line")
    return str(value)


def address(value: Any) -> str:
    """Where people read something on the web."""
    if not _ADDRESS.fullmatch(word(value)):
        raise WrongAnswer("expected an address (https://…)")
    return str(value)


def number(value: Any, least: int = 0, most: int = LARGEST) -> int:
    """A whole number from `least` to `most`, perhaps written in digits."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise WrongAnswer(f"expected a whole number from {least} to {most}")
    return value


def moment(value: Any) -> datetime:
    """An ISO 8601 time with a zone, in UTC, of this or the next centuries."""
    try:
        time = datetime.fromisoformat(text(value))
    except ValueError:
        raise WrongAnswer("expected a time") from None
    if time.tzinfo is None or not FIRST_YEAR <= time.year < LAST_YEAR:
        raise WrongAnswer(f"expected a time with a zone, from {FIRST_YEAR} to {LAST_YEAR}")
    return time.astimezone(UTC)


def _no_number(name: str) -> Any:
    raise ValueError(name)
