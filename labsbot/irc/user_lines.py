"""Read from the server's lines which ranks and accounts the users in our channels have. Pure (RFC 2812, WHOX).

What is learnt is kept in `users`. Who joins and leaves is left to `membership`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from labsbot.irc.events import Events, LookedUp, ModesChanged, ModesTold
from labsbot.irc.lines import Line
from labsbot.irc.registration import Reaction
from labsbot.irc.users import ChannelUsers

WHOX = "%tna,354"
"""What we ask WHO for: this number, and each user's nick and account."""


class UserLines:
    def __init__(self, people: ChannelUsers, ours: Callable[[str], str]) -> None:
        """`ours`: a channel as it is configured; empty: it is not one of ours."""
        self._people = people
        self._ours = ours
        self.reactions: dict[str, Reaction] = {
            "mode": self._mode,
            "channelmodeis": self._modes_told,
            "namreply": self._names,
            "whospcrpl": self._who,
            "account": self._account_changed,
            "loggedin": self._we_logged_in,
            "whoisaccount": self._whois_account,
            "endofwhois": self._whois_ended,
        }

    def _names(self, line: Line, now: datetime) -> Events:
        channel = self._ours(line.params[-2]) if len(line.params) > 2 else ""
        if channel:
            self._people.are_there(channel, line.last.split())
        return []

    def _mode(self, line: Line, now: datetime) -> Events:
        channel = self._ours(line.param(0))
        if not channel:
            return []
        self._people.mode(channel, line.params[1:])
        return [ModesChanged(channel)]

    def _modes_told(self, line: Line, now: datetime) -> Events:
        channel = self._ours(line.param(1))
        return [ModesTold(channel, line.param(2))] if channel else []

    def _who(self, line: Line, now: datetime) -> Events:
        if line.param(1) == WHOX.rpartition(",")[2]:
            self._people.has_account(line.param(2), line.param(3).removeprefix("0"))
        return []

    def _we_logged_in(self, line: Line, now: datetime) -> Events:
        self._people.duplicates.account = line.param(2)
        return []

    def _whois_account(self, line: Line, now: datetime) -> Events:
        self._people.has_account(line.param(1), line.param(2))
        return []

    def _whois_ended(self, line: Line, now: datetime) -> Events:
        return [LookedUp(line.param(1))]

    def _account_changed(self, line: Line, now: datetime) -> Events:
        self._people.has_account(line.nick, line.param(0))
        return []
