"""Messages that did not come whole: what is said in a channel goes in, who hears after which word theirs ends goes out.

A line can be cut by the server, which sends no more than fits, or by a bridge; or the sender's client makes several
lines of a long message, or of a pasted text, and what follows the first is no ``!log``. Pure: no clock, no journal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from labsbot.model import Privmsg
from labsbot.text.formatting import seen

LONG = 300
"""Bytes from which a message may be the first half of one: the shortest at which a client in use splits."""
AT_ONCE = timedelta(seconds=3)
"""So soon a client sends what follows, flood protection included."""
LONGEST_SAID = 30
"""Characters of a word that are said back."""
CLIPPED = "<clipped message>"
"""What matterbridge puts behind a message that it cut."""


@dataclass(frozen=True, slots=True)
class _Half:
    said: datetime
    after: str
    unfinished: bool
    """Whatever follows at once belongs to it; else only what looks like more of it."""


class Truncated:
    """What was logged in a channel a moment ago and may go on."""

    def __init__(self) -> None:
        self._logged: dict[tuple[str, ...], _Half] = {}
        """By who said it; the oldest first."""

    def logged(self, line: Privmsg, message: str, relayed: str | None = None) -> str | None:
        """Take note of a line that was logged, by its sender or by whom a relay names; the answer is for them, where it
        was probably cut."""
        if relayed is not None and (clipped := seen(message).rstrip()).endswith(CLIPPED):
            whole = clipped.removesuffix(CLIPPED)
            return f"The bridge cut this message: the log has it up to “{_last_word(whole)}”. Log the rest."
        if line.full:
            return f"The network probably cut this message: the log has it up to “{_last_word(message)}”. Log the rest."
        if not line.replayed:
            self._forget(line.arrived)
            unfinished = len(message.encode("utf-8", "replace")) >= LONG or _GOES_ON.search(seen(message)) is not None
            speaker = _speaker(line, relayed)
            self._logged.pop(speaker, None)
            self._logged[speaker] = _Half(line.arrived, _last_word(message), unfinished)
        return None

    def talk(self, line: Privmsg, text: str, relayed: str | None = None) -> str | None:
        """Take note of a line that is no command; the answer is for who said it, where it goes on what was logged."""
        half = None if line.replayed else self._logged.pop(_speaker(line, relayed), None)
        if half is None or line.arrived - half.said > AT_ONCE:
            return None
        if not half.unfinished and not _MORE.match(seen(text)):
            return None
        return (
            f"The log has your message up to “{half.after}” only: what came after was a line of its own. Log the rest."
        )

    def _forget(self, now: datetime) -> None:
        while self._logged:
            oldest = next(iter(self._logged))
            if now - self._logged[oldest].said <= AT_ONCE:
                return
            del self._logged[oldest]


def _speaker(line: Privmsg, relayed: str | None) -> tuple[str, ...]:
    return line.network, line.channel or "", line.sender.nick, *([] if relayed is None else [relayed])


def _last_word(message: str) -> str:
    # a character that was cut in the middle is none
    words = message.rstrip("\ufffd").split()
    return words[-1][-LONGEST_SAID:] if words else "…"


# Nobody ends a message so who has said it all; and nobody begins a remark so, one second after it. That the sender goes
# on in lower case, or at once, says less: slow networks deliver together what was typed one after the other.
_GOES_ON = re.compile(r"(?:[:,\\]|\band)\s*\Z", re.IGNORECASE)
_MORE = re.compile(r"\A(?:\s{2,}\S|\s*(?:[-*•·–—+]|[0-9]{1,2}[.)])\s+\S)")
