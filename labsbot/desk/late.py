"""Say which moment somebody means by the time that they type before an entry.

A time as it was typed comes in, with now and the page's time zone; a moment in UTC goes out, or a refusal that says
what to type. Pure. A time is never guessed: a clock that the zone skips or has twice, what is still to come, and what
is older than the operator allows are refused, for an entry under a wrong time misleads whoever reads the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from labsbot.model import CLOCKS_AGREE
from labsbot.text.durations import in_words
from labsbot.text.typed_time import Ago, Typed

REACH = timedelta(hours=12)
"""A clock alone means the last such time, if that is no longer ago: beyond, the next one is as likely meant."""


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
        face = time(typed.hour, typed.minute, typed.second, typed.microsecond)
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
