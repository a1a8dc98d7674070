"""Read the time that somebody types before an entry: words come in, a time as it was typed goes out. Pure.

Nobody looks here whether there is such a time, or which moment it means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ago:
    """So long before now: ``-1h30m``."""

    seconds: int


@dataclass(frozen=True, slots=True)
class WallClock:
    """A clock, alone or with its day: ``14:05``, ``2026-11-21T23:50Z``. Nobody has looked whether there is such a
    time."""

    hour: int
    minute: int
    second: int = 0
    day: tuple[int, int, int] | None = None
    utc: bool = False
    """A ``Z`` or ``UTC`` stands behind it; else it is by the clocks of the page's time zone."""
    microsecond: int = 0
    """A program may name it, and keeps what it said in one second in order by that."""


Typed = Ago | WallClock
"""A time as it was typed."""


@dataclass(frozen=True, slots=True)
class TimeRead:
    typed: Typed
    words: int
    """How many words it took."""


@dataclass(frozen=True, slots=True)
class TimeUnread:
    """Words that look like a time, and are none that can be understood."""

    explanation: str


def read(words: Sequence[str], for_project: bool) -> TimeRead | TimeUnread | None:
    """The time with which `words` begin: at most three of them are looked at, without formatting. None: there is none.

    `for_project`: a project could stand there, so that whatever only looks like a time is not taken for a name. Where
    a message could stand there, many such words (``14.04``, ``-5``) are a part of it.
    """
    first, second, third = (*words, "", "", "")[:3]
    if ago := _AGO.fullmatch(first):
        days, hours, minutes, seconds = (int(part or 0) for part in ago.groups())
        return TimeRead(Ago(((days * 24 + hours) * 60 + minutes) * 60 + seconds), 1)
    if clock := _CLOCK.fullmatch(first):
        return _with_zone(clock, None, 1, second)
    if moment := _MOMENT.fullmatch(first):
        return _with_zone(moment, _day(moment), 1, second)
    day, clock = _DAY.fullmatch(first), _CLOCK.fullmatch(second)
    if day and clock:
        return _with_zone(clock, _day(day), 2, third)
    if day and for_project:
        return TimeUnread("behind the day its time is missing")
    if first.startswith("+") and _AGO.fullmatch(f"-{first[1:]}"):
        return TimeUnread("what is still to come cannot be logged")
    if _LIKE_A_TIME.fullmatch(first):
        return TimeUnread("I cannot read this time")
    if for_project and (_A_LITTLE_LIKE_A_TIME.match(first) or _IN_WORDS.match(f"{first} {second} {third} ")):
        return TimeUnread("I cannot read this time")
    return None


def is_time(name: str) -> bool:
    """Whether a word would be read as a time, or as the day before one."""
    return read([name, "00:00"], for_project=False) is not None


def _with_zone(
    clock: re.Match[str], day: tuple[int, int, int] | None, words: int, behind: str
) -> TimeRead | TimeUnread:
    if behind in _HALVES:
        return TimeUnread("I know only clocks of 24 hours")
    if behind in _OTHER_ZONES:
        return TimeUnread("I know only UTC (a Z behind the time) and the time zone of the log")
    utc, behind_is_zone = bool(clock["utc"]), behind in _UTC
    typed = WallClock(int(clock["hour"]), int(clock["minute"]), int(clock["second"] or 0), day, utc or behind_is_zone)
    return TimeRead(typed, words + behind_is_zone)


def _day(day: re.Match[str]) -> tuple[int, int, int]:
    return int(day["year"]), int(day["month"]), int(day["day"])


_HALVES = frozenset({"am", "pm", "AM", "PM", "a.m", "p.m"})
_UTC = frozenset({"Z", "UTC", "GMT"})
_OTHER_ZONES = frozenset(
    {
        *("WET", "WEST", "BST", "CET", "CEST", "MET", "MEST", "EET", "EEST", "MSK", "IST", "JST", "AEST", "AEDT"),
        *("EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"),
    }
)
"""In capitals, behind a clock; they mean a zone, and not all of them the same one everywhere."""

_MINUS = "[-\N{MINUS SIGN}\N{EN DASH}\N{NON-BREAKING HYPHEN}]"
"""Keyboards of phones put these for one another."""
_AGO = re.compile(
    rf"{_MINUS}(?=[0-9])(?:([0-9]{{1,9}})d(?:ays?)?)?(?:([0-9]{{1,9}})h(?:rs?|ours?)?)?"
    r"(?:([0-9]{1,9})m(?:ins?|inutes?)?)?(?:([0-9]{1,9})s(?:ecs?|econds?)?)?",
    re.IGNORECASE,
)
_FACE = "(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?P<utc>[Zz])?"
_DATE = "(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
_CLOCK = re.compile(_FACE)
_DAY = re.compile(_DATE)
_MOMENT = re.compile(f"{_DATE}[Tt]{_FACE}")
_LIKE_A_TIME = re.compile(
    rf"\d{{1,2}}[:：]\d{{2}}(?:[:：.,]\d{{1,6}})*(?:[Zz]|[AaPp]\.?[Mm]|[A-Z]{{3,4}}|[+-]\d{{1,2}}(?::?\d{{2}})?)?"
    rf"|{_MINUS}\d+[dhms]\d+|\d{{4}}-\d{{1,2}}-\d{{1,2}}[Tt].{{0,40}}"
)
"""No message begins so, and no project is called so, but by somebody who means a time."""
_A_LITTLE_LIKE_A_TIME = re.compile(
    rf"[\[(<{{@~]*(?:\d{{1,2}}[:：]|\d{{1,2}}[.Hh]\d{{2}}(?![\w.-])|\d{{1,2}}[Hh](?!\w)|\d{{1,2}}[AaPp][Mm](?!\w)"
    rf"|(?:\+|{_MINUS})\d|\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}(?![\w.]))"
)
"""A project may be called so, if anybody knows of it."""
_UNIT = "(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
_IN_WORDS = re.compile(
    r"(?:yesterday|today|tonight|earlier|(?:last|this) (?:night|morning|afternoon|evening)"
    r"|(?:at|around|about) \d{1,2}\S{0,9}|(?:mon|tues|wednes|thurs|fri|satur|sun)day \d{1,2}[:.h]\d\d|\d{1,2} [ap]\.?m"
    rf"|\d{{1,6}} ?{_UNIT} ago|(?:an?|one|two|three|few|some|several) {_UNIT} ago|half an? {_UNIT}|a few {_UNIT}) ",
    re.IGNORECASE,
)
"""The same of a few words: where a project could stand, nobody means a message by them."""
