"""Read this machine's own clocks. Whether they are right is decided in `clocks`."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


def steady() -> float:
    """Seconds, also those for which the machine sleeps; nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
