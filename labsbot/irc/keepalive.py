"""Decide when to ping a server that sends nothing, and when to give it up. Pure: now is an argument."""

from __future__ import annotations

from labsbot.settings import Ping


class Keepalive:
    """Whether the server of one connection is still there."""

    def __init__(self, ping: Ping, now: float) -> None:
        self._ping = ping
        self._begun = now
        self._heard = now
        self._pinged = False

    def heard(self, now: float) -> None:
        """The server sent something."""
        self._heard = now
        self._pinged = False

    def lost(self, unfinished: str, now: float) -> str | None:
        """Why to give the server up, for people; None: it is there. `unfinished`: the step before we are registered."""
        if unfinished and now >= self._begun + self._ping.give_up:
            # however much it sends in the meantime
            return f"{unfinished} took longer than {self._ping.give_up:.0f} s"
        if now >= self._heard + self._ping.give_up:
            return f"nothing received for {now - self._heard:.0f} s"
        return None

    def ping(self, now: float) -> bool:
        """Whether to send a PING now: once each time the server sends nothing for a while."""
        if self._pinged or now < self._heard + self._ping.after:
            return False
        self._pinged = True
        return True

    def next(self, unfinished: str) -> float:
        """When the next PING, or giving up, is due."""
        if unfinished:
            return self._begun + self._ping.give_up
        return self._heard + (self._ping.give_up if self._pinged else self._ping.after)
