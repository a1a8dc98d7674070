"""Read from when to when: a day, or a moment as in RFC 3339, comes in as somebody wrote it; moments go out. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class NoMoment(ValueError):
    """What was written is neither a day nor a moment; in words for people."""


def beginning(written: str, zone: tzinfo) -> datetime:
    """The first moment of a day in this time zone; a moment is itself. Raises NoMoment."""
    return _read(written, zone, timedelta(0))


def end(written: str, zone: tzinfo) -> datetime:
    """The moment at which a day is over; a moment is itself. Raises NoMoment."""
    return _read(written, zone, timedelta(days=1))


def _read(written: str, zone: tzinfo, later: timedelta) -> datetime:
    try:
        if _DAY.fullmatch(written):
            day = date.fromisoformat(written) + later
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        if _MOMENT.fullmatch(written):
            return datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NoMoment(f"there is no {written}") from None
    raise NoMoment("expected a day (2026-11-21) or a moment with its time zone (2026-11-21T14:30:00Z)")
