"""Follow in which of our channels we are, and who else is there: lines in, events out. Pure.

Rules: RFC 2812, modern.ircdocs.horse, WHOX. Messages are left to `privmsgs`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import datetime

from labsbot import settings
from labsbot.irc.events import Departed, Events, Invited, Joined, Left, NotJoined, Send
from labsbot.irc.history import History
from labsbot.irc.isupport import Isupport
from labsbot.irc.joining import join_lines
from labsbot.irc.lines import Line, in_lines, shown, shown_error
from labsbot.irc.low_priority import LowPriorityLines
from labsbot.irc.registration import Phase, Reaction, Registration
from labsbot.irc.times import server_time
from labsbot.irc.user_lines import WHOX
from labsbot.irc.users import ChannelUsers

FAREWELL = "labsbot leaves"


class JoinState(enum.Enum):
    OUT = "out"
    ASKED = "asked"
    IN = "in"
    LEAVING = "leaving"
    """It is not configured any more, and we have asked to leave: what is said until the server says so counts."""


class ChannelMembership:
    def __init__(
        self,
        channels: Sequence[settings.Channel],
        registration: Registration,
        isupport: Isupport,
        people: ChannelUsers,
        history: History,
        low_priority: LowPriorityLines,
    ) -> None:
        self._low_priority = low_priority
        self._registration = registration
        self._isupport = isupport
        self._people = people
        self._history = history
        self._keys = {channel.name: channel.key for channel in channels}
        self._presence = {channel.name: JoinState.OUT for channel in channels}
        self._by_fold = {isupport.fold(name): name for name in self._presence}
        self.reactions: dict[str, Reaction] = {
            "featurelist": self._features,
            "endofmotd": self._joins,
            "nomotd": self._joins,
            "join": self._joined,
            "part": self._parted,
            "kick": self._kicked,
            "nick": self._renamed,
            "quit": self._somebody_quit,
            "invite": self._invited,
        }

    def ours(self, target: str) -> str:
        """The channel as it is configured; empty: it is not one of ours."""
        return self._by_fold.get(self._isupport.fold(target), "")

    def present(self, channel: str) -> bool:
        return self._presence.get(self.ours(channel)) is JoinState.IN

    def _features(self, line: Line, now: datetime) -> Events:
        self._isupport.learn(line.params[1:-1])
        self._compare_names()
        return []

    def _compare_names(self) -> None:
        self._by_fold = {self._isupport.fold(name): name for name in self._presence}

    # --- which are ours

    def take_up(self, channels: Sequence[settings.Channel]) -> Events:
        """Let these be our channels from now on; who is in the others leaves them. New ones wait for `join`."""
        self._keys = {channel.name: channel.key for channel in channels}
        gone = [name for name in self._presence if name not in self._keys]
        to_leave = [name for name in gone if self._presence[name] in (JoinState.ASKED, JoinState.IN)]
        spelled_anew = {self._isupport.fold(name) for name in self._keys}
        for name in gone:
            if self._presence[name] is JoinState.OUT or self._isupport.fold(name) in spelled_anew:
                del self._presence[name]
                self._history.forget(name)
            else:
                self._presence[name] = JoinState.LEAVING
        for name in self._keys:
            if self._presence.get(name, JoinState.LEAVING) is JoinState.LEAVING:
                self._presence[name] = JoinState.OUT
                self._history.forget(name)  # its end would say that nothing is missed while we are out
        self._compare_names()
        together = in_lines(to_leave, self._isupport.most_targets("PART"))
        return [Send(f"PART {','.join(names)} :{FAREWELL}", free=False) for names in together]

    def _departed(self, channel: str) -> Events:
        del self._presence[channel]
        self._compare_names()
        return [Departed(channel)]

    # --- we ourselves

    def join(self, *channels: str) -> Events:
        """Ask to join some of our channels: together, but any that did not answer last time in a line of its own."""
        again = [channel for channel in channels if self._presence[channel] is JoinState.ASKED]
        first = [channel for channel in channels if channel not in again]
        self._presence.update(dict.fromkeys(channels, JoinState.ASKED))
        most = self._isupport.most_targets("JOIN")
        lines = [*join_lines(first, self._keys, most), *join_lines(again, self._keys, 1)]
        return [Send(line, free=False) for line in lines]

    def _joins(self, line: Line, now: datetime) -> Events:
        """The message of the day has ended, and before it 005 told how to compare names: now we can join."""
        if self._registration.phase is not Phase.ONLINE:
            return []
        out = [name for name, presence in self._presence.items() if presence is JoinState.OUT]
        return [*self._registration.identify(), *self.join(*out)]

    def refused(self, line: Line) -> Events:
        """Take any error that names a channel which we asked to join: servers have more of them than any list."""
        channel = self.ours(line.param(1))
        if self._presence.get(channel) is JoinState.LEAVING:
            return self._departed(channel)  # it had not let us in, or has removed us meanwhile
        if self._presence.get(channel) is not JoinState.ASKED:
            return []
        self._presence[channel] = JoinState.OUT
        return [NotJoined(channel, shown_error(line))]

    def _invited(self, line: Line, now: datetime) -> Events:
        channel = self.ours(line.param(1))
        is_out = self._presence.get(channel) in (JoinState.OUT, JoinState.ASKED)
        return [Invited(channel)] if is_out and self._registration.own.is_us(line.param(0)) else []

    def _entered(self, target: str, at: datetime) -> Events:
        channel = self.ours(target)
        if not channel:
            # we were forwarded there, or an operator put us there
            self._low_priority.leave(target)
            return []
        if self._presence[channel] in (JoinState.IN, JoinState.LEAVING):
            return []
        self._presence[channel] = JoinState.IN
        self._people.entered(channel)
        return [Joined(channel, at), *self._who_is_in([channel])]

    def _who_is_in(self, channels: Iterable[str]) -> Events:
        """Ask for the accounts of those who are there, where lines do not tell them."""
        questions = [f"WHO {channel} {WHOX}" for channel in channels] if self._isupport.whox else []
        if self._people.keeps_accounts:
            return [Send(question, free=False) for question in questions]
        if self._people.duplicates.account:
            for question in questions:
                self._low_priority.ask(question)
        return []

    def _gone(self, target: str, nick: str, why: str) -> Events:
        channel = self.ours(target)
        self._people.parted(nick, channel)
        if self._registration.own.is_us(nick):
            self._low_priority.left(target)
        was = self._presence.get(channel)
        if not self._registration.own.is_us(nick) or was not in (JoinState.IN, JoinState.LEAVING):
            return []
        self._presence[channel] = JoinState.OUT
        self._history.forget(channel)
        self._people.out_of_sight(channel)
        out: Events = [Left(channel, why)] if was is JoinState.IN else self._departed(channel)
        return [*out, *self._who_is_in(filter(self.present, self._presence))]

    # --- joins and parts

    def _joined(self, line: Line, now: datetime) -> Events:
        nick = line.nick
        if self._registration.own.is_us(nick):
            return self._entered(line.param(0), server_time(line.tags.get("time", "")) or now)
        # the account comes with extended-join only
        account = line.param(1) if len(line.params) > 2 else None
        self._people.joined(nick, self.ours(line.param(0)), account)
        return []

    def _parted(self, line: Line, now: datetime) -> Events:
        return self._gone(line.param(0), line.nick, "we were removed (PART)")

    def _kicked(self, line: Line, now: datetime) -> Events:
        why = f"{shown(line.nick)} kicked us: {shown(line.param(2))}"
        return self._gone(line.param(0), line.param(1), why)

    def _somebody_quit(self, line: Line, now: datetime) -> Events:
        nick = line.nick
        self._people.quit(nick)
        return self._registration.left(nick)

    def _renamed(self, line: Line, now: datetime) -> Events:
        old, new = line.nick, line.param(0)
        if not old or not new:
            return []
        self._people.renamed(old, new)
        return self._registration.renamed(old, new)
