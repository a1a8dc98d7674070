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


def briefly(span: timedelta) -> str:
    """About how long it is, in one unit or two: ``12 s``, ``3 min``, ``2 h 5 min``, ``1 d 3 h``."""
    seconds = max(span.total_seconds(), 0.0)
    if seconds < 1:
        return "less than 1 s"
    if (whole := round(seconds)) < 60:
        return f"{whole} s"
    if (minutes := round(seconds / 60)) < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        large, small, units = *divmod(minutes, 60), ("h", "min")
    else:
        large, small, units = *divmod(round(minutes / 60), 24), ("d", "h")
    return f"{large} {units[0]} {small} {units[1]}" if small else f"{large} {units[0]}"
