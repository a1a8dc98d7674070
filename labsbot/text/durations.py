"""Say in words how long something is: a span comes in, ``90 minutes`` goes out. Pure."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def in_words(span: timedelta) -> str:
    """In the largest unit in which it is a whole number; what is less than a second is left out."""
    seconds = int(span.total_seconds())
    size, unit = next((each for each in _UNITS if seconds and seconds % each[0] == 0), _UNITS[-1])
    number = seconds // size
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
