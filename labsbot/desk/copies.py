"""By what a line is known again: a line comes in, its key goes out.

A network repeats lines, with their ids or without; and people, or more often scripts, say the same thing twice within a
second. Only what is repeated from a history can be a copy of what was heard: of lines that are said now each is one of
its own. See `docs/decisions.rst`, "Only a repeated line is a copy". Pure, but for the lines of the last two seconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from labsbot.model import LineKey, Privmsg

TOGETHER = timedelta(seconds=2)
"""Lines that carry one second arrive so close to each other; what comes later is a copy, whatever the network says."""


@dataclass(slots=True)
class _Alike:
    first: datetime
    number: int = 1


class Copies:
    """Tells lines that are alike from copies of one line."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str, str], _Alike] = {}

    def __len__(self) -> int:
        return len(self._heard)

    def key(self, line: Privmsg) -> LineKey:
        """The key of a line; to be asked once for each that is heard in a channel."""
        assert line.channel is not None
        fingerprint = fingerprint_of(line)
        if line.msgid is not None or line.replayed:
            # a history's copies all meet the first: pages of it overlap, so that counting them would log lines twice
            return LineKey(line.network, line.channel, line.msgid, fingerprint)
        number = self._number((line.network, line.channel, fingerprint), line.arrived)
        return LineKey(line.network, line.channel, None, fingerprint if number == 1 else f"{fingerprint} {number}")

    def _number(self, like: tuple[str, str, str], now: datetime) -> int:
        while self._heard:
            oldest = next(iter(self._heard))
            if timedelta(0) <= now - self._heard[oldest].first <= TOGETHER:
                break
            del self._heard[oldest]
        alike = self._heard.get(like)
        if alike is None:
            self._heard[like] = _Alike(now)
            return 1
        alike.number += 1
        return alike.number


def fingerprint_of(line: Privmsg) -> str:
    """Of who said what in which second: the same for a line and each of its copies."""
    # the server's clock, right or wrong: that is what a copy of the line will carry
    second = f"{line.server_time or line.arrived:%Y-%m-%dT%H:%M:%S}"
    nick = line.sender.folded or line.sender.nick
    return hashlib.sha256("\0".join((nick, second, line.text)).encode()).hexdigest()
