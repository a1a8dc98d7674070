"""Read from when to when: a day, or a moment as in RFC 3339, comes in as somebody wrote it; moments go out. Pure.

Of people, clocks of the time zone are taken too: ``2026-11-21 14:05``, and ``14:05``, which is the last such time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

_DATE = "(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_FACE = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_DAY = re.compile(_DATE)
_MOMENT = re.compile(f"{_DATE}[Tt ]{_FACE}(?:[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})")
_CLOCK = re.compile(f"(?:{_DATE}[Tt ])?(?P<face>{_FACE})")
_A_DAY = timedelta(days=1)


class NoMoment(ValueError):
    """What was written is neither a day nor a moment; in words for people."""


def beginning(written: str, zone: tzinfo, now: datetime | None = None) -> datetime:
    """The first moment of a day in this time zone; a moment is itself. Raises NoMoment.

    `now`: when it was written by somebody whose clock is that of the zone; None: clocks are not taken, for a program
    may be anywhere.
    """
    return _read(written, zone, now, whole=False)


def end(written: str, zone: tzinfo, now: datetime | None = None) -> datetime:
    """The moment at which a day is over; a moment is itself. Raises NoMoment."""
    return _read(written, zone, now, whole=True)


def _read(written: str, zone: tzinfo, now: datetime | None, whole: bool) -> datetime:
    try:
        if _DAY.fullmatch(written):
            day = date.fromisoformat(written) + whole * _A_DAY
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        if _MOMENT.fullmatch(written):
            return datetime.fromisoformat(written.upper()).astimezone(UTC)
        if now is not None and (clock := _CLOCK.fullmatch(written)):
            # where clocks are put back, what was shown twice is all between: from the first to the last
            return _shown(clock["day"], clock["face"], zone, now).replace(fold=whole).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NoMoment(f"there is no {written}") from None
    clocks = "" if now is None else ", a clock of the page's time zone (2026-11-21 14:05, 14:05)"
    raise NoMoment(f"expected a day (2026-11-21){clocks} or a moment with its time zone (2026-11-21T14:30:00Z)")


def _shown(day: str | None, face: str, zone: tzinfo, now: datetime) -> datetime:
    """When clocks of the zone showed that; without a day, the last time."""
    here = now.astimezone(zone)
    shown = datetime.fromisoformat(f"{day or here.date()}T{face}").replace(tzinfo=zone)
    return shown if day or shown <= here else shown - _A_DAY
