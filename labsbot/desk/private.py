"""What is said to the bot alone: told once a minute, to each, where to say it. Pure, but for whom it told of late."""

from __future__ import annotations

from datetime import datetime, timedelta

from labsbot.desk.flood import Key, individual, key_of
from labsbot.model import Privmsg

PRIVATE = timedelta(minutes=1)
"""How long a sender of private messages gets no second answer: two programs must not talk for ever."""
MOST_PRIVATE = 1000
"""Senders who are answered in private within that time; more are a crowd that somebody sent, and get none."""


class PrivateMessages:
    """Who was answered in private."""

    def __init__(self) -> None:
        self._answered: dict[Key, datetime] = {}
        """And when; the oldest first."""

    def due(self, line: Privmsg) -> bool:
        """Whether a line is to be answered; to be asked once for each."""
        self._forget(line.arrived)
        # each is answered for themselves, whatever others on the same host say
        sender = key_of(line.network, "", line.sender, individual(line.sender))
        if line.sender.robot or sender in self._answered or len(self._answered) >= MOST_PRIVATE:
            return False
        self._answered[sender] = line.arrived
        return True

    def _forget(self, now: datetime) -> None:
        while self._answered:
            oldest = next(iter(self._answered))
            if timedelta(0) <= now - self._answered[oldest] < PRIVATE:
                return
            del self._answered[oldest]
