"""Somebody else who is logged in to our account: who has which account goes in, whom to warn of comes out. Pure.

After a move the old machine's bot may still run, and each line is logged twice. A connection of ours that the server
has not given up yet looks the same, but not for long (decisions, *A twin is no ghost*).
"""

from __future__ import annotations

from collections.abc import Mapping

from labsbot.irc.isupport import Isupport

GHOST = 300.0
"""Seconds for which a server may keep a connection of ours that is dead: by then its PING has not been answered."""
MOST = 100
"""Nicks with our account that are told apart; where there are more, these are enough to warn of."""

LOGGED = "%s: %s is logged in to our account %s, too: if that is another labsbot, each line is logged twice; stop one"
TOLD = "{nick} is logged in to my account, too. If that is another bot like me, each line is logged twice."


class Twins:
    """Who else in sight has our account. One session long."""

    def __init__(self, isupport: Isupport) -> None:
        self._isupport = isupport
        self.account = ""
        """Ours; empty: not known, or none."""
        self._seen: dict[str, tuple[str, str]] = {}

    def ours(self, account: str) -> bool:
        return self.account != "" and self._isupport.same(account, self.account)

    def seen(self, nick: str, account: str, channel: str = "") -> None:
        """Somebody is logged in; empty or ``*``: is not. `channel`: where that was seen, if it is known."""
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
        """We no longer see everybody."""
        self._seen.clear()

    def others(self, nick: str) -> Mapping[str, str]:
        """Who is not `nick`, which is ours, and where they were seen."""
        ours = self._isupport.fold(nick)
        return dict(seen for folded, seen in self._seen.items() if folded != ours)


class TwinWatch:
    """Which of them have been there for longer than a ghost can be. It outlasts sessions, and tells of each once."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._told: set[str] = set()

    def look(self, nicks: Mapping[str, str], now: float) -> list[str]:
        """Of those who are there now, whom to warn of."""
        self._since = {nick: self._since.get(nick, now) for nick in nicks}
        self._told.intersection_update(nicks)
        due = [nick for nick, since in self._since.items() if now >= since + GHOST and nick not in self._told]
        self._told.update(due)
        return due
