"""Whom a session tells what happened, and whom it asks: the callbacks that the rest of the house provides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from labsbot import settings
from labsbot.model import ClockReading, News


@dataclass(frozen=True, slots=True)
class Watch:
    """Who reads the clocks of servers."""

    steady: Callable[[], float]
    """Counts seconds, also while the machine sleeps."""
    read: Callable[[settings.Server, ClockReading], None]
    """Is told what a server's clock showed."""


NOBODY_WATCHES = Watch(lambda: 0.0, lambda server, reading: None)


def _ignore(channel: str, words: str) -> None:
    """The default: nobody has asked; of a refusal the log tells."""


@dataclass(frozen=True, slots=True)
class Listener:
    """None of these may wait."""

    heard: Callable[[News], None]
    """Gets all news, in order."""
    ready: Callable[[], None]
    """Is called whenever something may be said that could not be said before."""
    now: Callable[[], datetime]
    """The wall clock (aware, UTC) that tells when a line arrived."""
    heard_until: Callable[[str], datetime | None]
    """Until when a channel was heard before; None: never."""
    policy: Callable[[settings.Server, int], None]
    """Keeps for how many seconds from now on the server wants TLS only (STS)."""
    watch: Watch
    shut_out: Callable[[str, str], None] = _ignore
    """Is told when a channel refuses our JOIN, and why."""
    modes_told: Callable[[str, str], None] = _ignore
    """Is told which modes a channel has, where that was asked."""
