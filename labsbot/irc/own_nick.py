"""Know our own nick and hostmask, and choose another nick when one is refused. Pure."""

from __future__ import annotations

from datetime import datetime

from labsbot.irc.events import Events
from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import Line, hostmask

NICKS = 10
"""How many nicks are tried."""


class OwnNick:
    def __init__(self, wanted: str, isupport: Isupport) -> None:
        self._wanted = wanted
        self._isupport = isupport
        self._refused = 0
        self.nick = wanted
        """The nick that we have, or ask for."""
        self.userhost = ""
        """``user@host``, as others see us; empty: unknown."""

    def is_us(self, nick: str) -> bool:
        return self._isupport.same(nick, self.nick)

    def was_us(self, nick: str) -> bool:
        """Whether we may have had that nick before."""
        ours = (self.nick, *(other_nick(self._wanted, number) for number in range(NICKS)))
        return any(self._isupport.same(nick, each) for each in ours)

    def take_another(self) -> bool:
        """The server refuses our nick; False: all that we can try were refused."""
        self._refused += 1
        if self._refused >= NICKS:
            return False
        self.nick = other_nick(self._wanted, self._refused)
        return True

    def learn_userhost(self, line: Line) -> None:
        """Our hostmask is put in front of what we say, and takes room in the line."""
        if line.source.startswith(self.nick):
            mask = hostmask(line.source)
            if mask.user and mask.host and mask.nick == self.nick:
                self.userhost = f"{mask.user}@{mask.host}"

    def host_changed(self, line: Line, now: datetime) -> Events:
        """396: our host changed; the next line that shows our hostmask tells the new one."""
        self.userhost = ""
        return []


def other_nick(nick: str, attempt: int) -> str:
    """The nick to try after that many were refused: ``nick_``, ``nick__`` …; then shorter ones, for strict servers."""
    if attempt == 0:
        return nick
    return f"{nick}{'_' * attempt}" if attempt <= 4 else f"{nick[:7]}_{attempt}"
