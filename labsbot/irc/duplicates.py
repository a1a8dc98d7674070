"""Detect another bot that is logged in to our account. Pure.

After a move to another machine the old bot may still run, and then each line is logged twice. Who has which account
goes in, whom to warn of comes out. A connection of ours that broke looks the same until the server gives it up
(decisions, *Another bot or a dead connection of ours*).
"""

from __future__ import annotations

from collections.abc import Mapping

from labsbot.irc.isupport import Isupport

LINGERING = 300.0
"""Seconds for which a server may keep a dead connection of ours: by then its PING has timed out."""
MOST = 100
"""Nicks with our account that are remembered: enough to warn of."""

LOGGED = "%s: %s is also logged in to our account %s: if that is another labsbot, each line is logged twice; stop one"
TOLD = "{nick} is also logged in to my account. If that is another bot like me, each line is logged twice."


class DuplicateLogins:
    """Who else, among the users that we see, has our account. It lasts for one session."""

    def __init__(self, isupport: Isupport) -> None:
        self._isupport = isupport
        self.account = ""
        """Our account; empty: unknown, or none."""
        self._seen: dict[str, tuple[str, str]] = {}

    def ours(self, account: str) -> bool:
        return self.account != "" and self._isupport.same(account, self.account)

    def seen(self, nick: str, account: str, channel: str = "") -> None:
        """Somebody is logged in to an account (empty or ``*``: to none). `channel`: where we saw that, if known."""
        folded = self._isupport.fold(nick)
        if not self.ours(account):
            self._seen.pop(folded, None)
        elif folded in self._seen or len(self._seen) < MOST:
            _, before = self._seen.get(folded, ("", ""))
            self._seen[folded] = nick, channel or before

    def renamed(self, old: str, new: str) -> None:
        seen = self._seen.pop(self._isupport.fold(old), None)
        if seen:
            self._seen[self._isupport.fold(new)] = new, seen[1]

    def forget(self) -> None:
        """We no longer see when users leave."""
        self._seen.clear()

    def others(self, nick: str) -> Mapping[str, str]:
        """All but `nick`, which is our own, each with the channel where we saw them."""
        ours = self._isupport.fold(nick)
        return dict(seen for folded, seen in self._seen.items() if folded != ours)


class DuplicateMonitor:
    """Which duplicates have been there for longer than a dead connection can be. It lasts for all sessions of a
    network, and reports each duplicate once."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._reported: set[str] = set()

    def due(self, nicks: Mapping[str, str], now: float) -> list[str]:
        """Take who is there now; return whom to warn of."""
        self._since = {nick: self._since.get(nick, now) for nick in nicks}
        self._reported.intersection_update(nicks)
        due = [nick for nick, since in self._since.items() if now >= since + LINGERING and nick not in self._reported]
        self._reported.update(due)
        return due
