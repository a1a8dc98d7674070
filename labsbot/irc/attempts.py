"""Decide, after a connection ended, how long to wait for the next attempt, and whether there should be one. Pure."""

from __future__ import annotations

from labsbot.irc.pace import HEALTHY, wait
from labsbot.irc.runner import ConnectionEnd
from labsbot.settings import Backoff


class RefusedForGood(Exception):
    """The network refuses us, and waiting does not change that: a wrong password, a ban.

    `reason` is for people: ``it refuses our login as labsbot: … (904)``.
    """

    def __init__(self, network: str, reason: str) -> None:
        super().__init__(f"{network}: {reason}")
        self.network = network
        self.reason = reason


class Attempts:
    """The attempts to be on one network."""

    def __init__(self, backoff: Backoff, servers: int) -> None:
        """`servers`: how many servers the network has."""
        self._backoff = backoff
        self._servers = servers
        self._failures = 0
        self._absent = 0
        """How many attempts in a row reached nobody."""
        self._refusals = 0
        self._registered = False

    def ended(self, end: ConnectionEnd, registered: bool) -> None:
        """A connection ended; `registered`: the network had let us in."""
        self._registered = self._registered or registered
        self._refusals = self._refusals + 1 if end.for_good else 0
        if end.absent:
            self._absent += 1
        else:
            self._absent, self._failures = 0, 1 if end.online >= HEALTHY else self._failures + 1

    @property
    def hopeless(self) -> bool:
        """Every server refuses us for good, and none ever let us in. Later we wait, since somebody relies on us."""
        return not self._registered and self._refusals >= self._servers

    def wait(self, chance: float) -> float:
        """Seconds until the next attempt; `chance`, between 0 and 1, is the jitter."""
        return wait(self._backoff, self._failures, chance, self._absent)
