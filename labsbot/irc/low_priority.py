"""Collect lines that nobody waits for, such as leaving channels that we were forced into, and send few of them. Pure.

These lines go out only when no other line waits: a server that forces us into a thousand channels delays no answer.
"""

from __future__ import annotations

import re

from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import in_lines

NAME = re.compile(r"[^\s,:\x00-\x1f][^\s,\x00-\x1f]{0,199}")
MOST = 500
"""Channels to leave, and questions, that are kept. Of more channels we stay members, and ignore what is said there."""


class LowPriorityLines:
    def __init__(self, isupport: Isupport) -> None:
        self._isupport = isupport
        self._to_leave: dict[str, str] = {}
        self._questions: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._to_leave or self._questions)

    def leave(self, channel: str) -> None:
        """We were forced into a channel that is not configured: leave it."""
        # a name with a comma would be two names, and one of them might be a channel of ours
        if len(self._to_leave) < MOST and NAME.fullmatch(channel):
            self._to_leave[self._isupport.fold(channel)] = channel

    def left(self, channel: str) -> None:
        """We are no longer in that channel."""
        self._to_leave.pop(self._isupport.fold(channel), None)

    def ask(self, question: str) -> None:
        """Add a question (WHO …) that can wait."""
        if len(self._questions) < MOST:
            self._questions[question] = None

    def next(self) -> str:
        """Remove and return one line. There has to be one."""
        if not self._to_leave:
            question = next(iter(self._questions))
            del self._questions[question]
            return question
        together = next(in_lines(list(self._to_leave.values()), self._isupport.most_targets("PART")))
        for channel in together:
            self.left(channel)
        return f"PART {','.join(together)}"
