"""What one life of the bot has learned of a wiki. At its end it is forgotten: nothing is done twice for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from labsbot.delivery.again import Again
from labsbot.delivery.doubts import Doubts
from labsbot.delivery.known_pages import Pages
from labsbot.delivery.lanes import Lane
from labsbot.delivery.portions import Portions
from labsbot.delivery.report import Report
from labsbot.delivery.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Times:
    now: Callable[[], datetime]
    """The time in UTC."""
    clock: Callable[[], float]
    """Seconds; it never goes back."""


@dataclass(frozen=True, slots=True)
class Memory:
    schedule: Schedule[Lane]
    """When each lane is tried again."""
    doubts: Doubts
    """Which deliveries may be on the wiki without our knowing."""
    pages: Pages
    """What the pages look like."""
    portions: Portions
    """How much goes into one edit."""
    again: Again
    """What is parked and tried again by itself."""
    report: Report
    """What the operator was told of outages."""
