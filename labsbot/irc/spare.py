"""What we want of a server and nobody waits for: it goes in piece by piece, and comes out in few lines. Pure.

These lines go when nothing else does. So whoever forces us into channels, however many, costs nobody an answer.
"""

from __future__ import annotations

import re

from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import in_lines

NAME = re.compile(r"[^\s,:\x00-\x1f][^\s,\x00-\x1f]{0,199}")
MOST = 500
"""Channels that we keep in mind to leave, and questions; beyond that we stay where we were put, and hear nothing."""


class Spare:
    def __init__(self, isupport: Isupport) -> None:
        self._isupport = isupport
        self._to_leave: dict[str, str] = {}
        self._questions: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._to_leave or self._questions)

    def leave(self, channel: str) -> None:
        """We were made to enter a channel that is none of ours."""
        # a name with a comma would be two, and one of them might be ours
        if len(self._to_leave) < MOST and NAME.fullmatch(channel):
            self._to_leave[self._isupport.fold(channel)] = channel

    def left(self, channel: str) -> None:
        """We are out of it already."""
        self._to_leave.pop(self._isupport.fold(channel), None)

    def ask(self, question: str) -> None:
        """Something is worth a line when there is nothing better to do."""
        if len(self._questions) < MOST:
            self._questions[question] = None

    def next(self) -> str:
        """Take one line (there is one)."""
        if not self._to_leave:
            question = next(iter(self._questions))
            del self._questions[question]
            return question
        together = next(in_lines(list(self._to_leave.values()), self._isupport.most_targets("PART")))
        for channel in together:
            self.left(channel)
        return f"PART {','.join(together)}"
