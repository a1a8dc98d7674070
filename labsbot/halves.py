"""Messages that did not come whole: what is said in a channel goes in, who hears after which word theirs ends goes out.

A line can be cut by the server, which sends no more than fits; or the sender's client splits a long message, and the
second half comes as a line of its own, which is no ``!log``. Pure: no clock, no journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from labsbot.model import Privmsg

LONG = 300
"""Bytes from which a message may be the first half of one: the shortest at which a client in use splits."""
AT_ONCE = timedelta(seconds=3)
"""So soon a client sends the second half, flood protection included."""
LONGEST_SAID = 30
"""Characters of a word that are said back."""


@dataclass(frozen=True, slots=True)
class _Half:
    said: datetime
    after: str


class Halves:
    """What was logged in a channel a moment ago and may go on."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, str, str], _Half] = {}

    def logged(self, line: Privmsg, message: str) -> str | None:
        """Take note of a line that was logged; the answer is for its sender, where it was probably cut."""
        if line.full:
            return f"The network probably cut this message: the log has it up to “{_last_word(message)}”. Log the rest."
        if len(message.encode("utf-8", "replace")) >= LONG and not line.replayed:
            self._forget(line.arrived)
            self._logged[_speaker(line)] = _Half(line.arrived, _last_word(message))
        return None

    def talk(self, line: Privmsg) -> str | None:
        """Take note of a line that is no command; the answer is for its sender, where it goes on what was logged."""
        half = None if line.replayed else self._logged.pop(_speaker(line), None)
        if half is None or line.arrived - half.said > AT_ONCE:
            return None
        return (
            f"The log has your message up to “{half.after}” only: what came after was a line of its own. Log the rest."
        )

    def _forget(self, now: datetime) -> None:
        self._logged = {who: half for who, half in self._logged.items() if now - half.said <= AT_ONCE}


def _speaker(line: Privmsg) -> tuple[str, str, str]:
    return line.network, line.channel or "", line.sender.nick


def _last_word(message: str) -> str:
    # a character that was cut in the middle is none
    return message.rstrip("\ufffd").split()[-1][-LONGEST_SAID:] if message.rstrip("\ufffd").split() else "…"
