"""Read and write times as IRCv3 *server-time* does. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dateutil.parser import isoparse


def server_time(tag: str) -> datetime | None:
    """The time (UTC) in a ``time`` tag; None: there is none, or an impossible one.

    A leap second (``23:59:60``) is legal there, but not in a datetime; it becomes the second before.
    """
    if not tag:
        return None
    if ":60" in tag:
        tag = re.sub(r"(T\d\d:\d\d):60", r"\1:59", tag)
    try:
        moment = _read(tag)
        return moment.astimezone(UTC) if moment.tzinfo and moment.year > 1970 else None
    except (ValueError, OverflowError):
        return None


def _read(tag: str) -> datetime:
    try:
        # by far the faster one, and it reads what servers usually send
        return datetime.fromisoformat(tag)
    except ValueError:
        return isoparse(tag)


def stamp(moment: datetime) -> str:
    """A time as IRCv3 *server-time* writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
