"""Read the time that somebody types before an entry, and say which moment it means.

Words come in, a time as it was typed goes out; with now and the page's time zone it becomes a moment in UTC, or a
refusal that says what to type. Pure. A time is never guessed: a clock that the zone skips or has twice, tomorrow, and
what is older than the operator allows are all refused, for an entry under a wrong time misleads whoever reads the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from labsbot.model import CLOCKS_AGREE
from labsbot.text.durations import in_words

REACH = timedelta(hours=12)
"""A clock alone means the last such time, if that is no longer ago: beyond, the next one is as likely meant."""


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


# --- which words are a time ---------------------------------------------------------------------------------------


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
    if _LIKE_A_TIME.fullmatch(first) or (for_project and _A_LITTLE_LIKE_A_TIME.match(first)):
        return TimeUnread("I cannot read this time")
    return None


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


# --- which moment it means ----------------------------------------------------------------------------------------


def resolve(typed: Typed, now: datetime, zone: tzinfo, oldest: timedelta) -> datetime | str:
    """The moment (UTC) that was typed at `now`, or why there is none: whole sentences that say what to type.

    `zone` is the page's; `oldest` is how long ago it may be.
    """
    if isinstance(typed, Ago):
        if typed.seconds == 0:
            return "that is now. Leave the time out, or say how long ago it was, such as -15m."
        if typed.seconds > oldest.total_seconds():
            return _too_old(oldest)
        return now - timedelta(seconds=typed.seconds)
    where = UTC if typed.utc else zone
    try:
        face = time(typed.hour, typed.minute, typed.second)
        day = date(*typed.day) if typed.day else None
    except ValueError:
        there = "day" if typed.hour < 24 and typed.minute < 60 and typed.second < 60 else "time of day"
        return f"there is no such {there}. Type a time such as 14:05 or 23:50, or a day and a time: {_example(now)}."
    today = now.astimezone(where).date()
    if day is None:
        return _last(face, today, now, where, oldest)
    if day > today + _A_DAY:  # before anything is reckoned with it: the calendar has an end
        return _FUTURE
    if today - day > oldest + 2 * _A_DAY:
        return _too_old(oldest)
    return _the_one(list(_moments(day, face, where)), day, face, now, where, oldest)


def words(said: datetime, zone: tzinfo) -> str:
    """Day, time and zone of a moment, as it is told back whenever a time was read: people type local times."""
    local = said.astimezone(zone)
    name = local.tzname() or ""
    return f"{local:%Y-%m-%d %H:%M} {f'UTC{name}' if name[:1] in ('+', '-') else name}".rstrip()


_A_DAY = timedelta(days=1)
_FUTURE = "that is still to come. Leave the time out, or type when it was, such as 14:05 or -15m."


def _last(face: time, today: date, now: datetime, zone: tzinfo, oldest: timedelta) -> datetime | str:
    """The last time at which a clock showed `face`; tomorrow is looked at for those whose clock is a little fast."""
    for day in (today + _A_DAY, today, today - _A_DAY):
        found = [moment for moment in _moments(day, face, zone) if now - REACH <= moment <= now + CLOCKS_AGREE]
        if found:
            return _the_one(found, day, face, now, zone, oldest)
        if now - REACH <= _as_if(day, face, zone) <= now and not list(_moments(day, face, zone)):
            return _the_one([], day, face, now, zone, oldest)
    return f"that is more than 12 hours ago, or still to come. Type its day, too: {_example(now)}."


def _the_one(
    moments: Sequence[datetime], day: date, face: time, now: datetime, zone: tzinfo, oldest: timedelta
) -> datetime | str:
    """The one moment that can be meant by a day and a clock."""
    past = [moment for moment in moments if moment <= now + CLOCKS_AGREE]
    if len(past) == 2:
        first, second = map(_in_utc, past)
        return f"the clocks were put back, and showed that time twice. Type it in UTC: {first} or {second}."
    if not moments:
        meant = _as_if(day, face, zone)
        return f"the clocks were put forward, and never showed that time. Type it in UTC: {_in_utc(meant)}."
    if not past:
        return _FUTURE
    if now - past[0] > oldest:
        return _too_old(oldest)
    return min(past[0], now)


def _moments(day: date, face: time, zone: tzinfo) -> Iterator[datetime]:
    """When the clocks of a zone showed that, in UTC: once, twice, or never."""
    seen = None
    for fold in (0, 1):
        shown = datetime.combine(day, face)
        moment = shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if moment != seen and moment.astimezone(zone).replace(tzinfo=None) == shown:
            yield moment
        seen = moment


def _as_if(day: date, face: time, zone: tzinfo) -> datetime:
    """What a clock would have meant that nobody had put forward yet."""
    return datetime.combine(day, face, zone).astimezone(UTC)


def _in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _example(now: datetime) -> str:
    return f"{now.astimezone(UTC) - _A_DAY:%Y-%m-%d} 14:05"


def _too_old(oldest: timedelta) -> str:
    return (
        f"that is too long ago: at most {in_words(oldest)}. Leave the time out and say in the message when it was, or"
        " edit the page."
    )
