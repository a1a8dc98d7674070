"""Read the messages of others (PRIVMSG), and write our own. Pure.

Lines in, events out; texts of ours in, lines out. Rules: IRCv3 *message-tags*, *server-time*, *account-tag*, *Message
IDs*, *Bot Mode*, *echo-message*, *labeled-response*.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from labsbot import settings
from labsbot.irc.batches import Batches
from labsbot.irc.events import Echoed, Events, Heard, Replayed, Send, Unsaid
from labsbot.irc.history import History
from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import LONGEST_OUT, Line, hostmask, sayable, shown, shown_error
from labsbot.irc.membership import ChannelMembership
from labsbot.irc.registration import Phase, Reaction, Registration
from labsbot.irc.times import server_time
from labsbot.irc.users import ChannelUsers
from labsbot.model import Privmsg, Sender
from labsbot.text.formatting import cut

BOT_TAGS = {"bot", "draft/bot", "inspircd.org/bot"}
UNSAID = ("cannotsendtochan", "nosuchnick", "486", "494", "531", "707", "716")
"""Numerics that say that a line of ours was not passed on: the two usual ones, and those of single servers."""
CUT = 12
"""A line that a server cut in the middle of a character is at most so many bytes shorter than the longest line."""
NICK = re.compile(r"[^\s\x00-\x1f!@#&+$%~:,*?][^\s\x00-\x1f!@,*?]*")
LONGEST_USERHOST = f"{'u' * 12}@{'h' * 64}"
"""The longest that networks allow: assumed until we know our own."""


class Privmsgs:
    def __init__(
        self,
        network: settings.Network,
        registration: Registration,
        isupport: Isupport,
        membership: ChannelMembership,
        people: ChannelUsers,
        batches: Batches,
        history: History,
    ) -> None:
        self._network = network
        self._registration = registration
        self._isupport = isupport
        self._membership = membership
        self._people = people
        self._batches = batches
        self._history = history
        self.reactions: dict[str, Reaction] = {
            "privmsg": self._privmsg,
            "notice": self._notice,
            "batch": self._batch,
            "ack": self._acknowledged,
            **dict.fromkeys(UNSAID, self._cannot_send),
        }

    def take_up(self, network: settings.Network) -> None:
        """Let these settings hold for what is said from now on."""
        self._network = network

    # --- what others say

    def _privmsg(self, line: Line, now: datetime) -> Events:
        if self._batches.put_together(line):
            return []
        nick = line.nick
        if len(line.params) < 2 or not nick or line.param(1).startswith("\x01"):
            return []
        replayed = self._batches.is_replayed(line, now)
        echoed = self._echoed(line, replayed, now)
        channel = self._membership.ours(line.param(0))
        ours = self._registration.own.is_us(nick)
        if ours or (not channel and not self._registration.own.is_us(line.param(0))):
            return echoed
        if replayed:
            self._history.repeats(channel)
        privmsg = Privmsg(
            network=self._network.name,
            channel=channel or None,
            sender=self._sender_of(line, channel, replayed),
            text=line.param(1),
            arrived=now,
            server_time=server_time(line.tags.get("time", "")),
            msgid=line.msgid or None,
            replayed=replayed,
            full=self._is_full(line),
        )
        return [*echoed, Heard(privmsg)]

    def _sender_of(self, line: Line, channel: str, replayed: bool) -> Sender:
        mask, tags = hostmask(line.source), line.tags
        if "account" in tags and not replayed:
            self._people.duplicates.seen(mask.nick, tags["account"], channel)
        # whoever has the nick now need not be who had it then
        account = tags.get("account") or (None if replayed else self._people.account(mask.nick))
        ranks = "" if replayed else self._people.ranks(mask.nick, channel)
        listed = account is not None and any(self._isupport.same(account, robot) for robot in self._network.robots)
        robot = listed or not BOT_TAGS.isdisjoint(tags)
        return Sender(mask.nick, mask.user, mask.host, account, robot, ranks, self._isupport.fold(mask.nick))

    def _is_full(self, line: Line) -> bool:
        """Whether it is as long as a line can be, or was cut in the middle of a character."""
        most = self._isupport.longest_line
        return line.size >= most - 2 or (line.size >= most - CUT and line.last.endswith("\N{REPLACEMENT CHARACTER}"))

    def _batch(self, line: Line, now: datetime) -> Events:
        batch = self._batches.hear(line, now)
        if batch and batch.whole:
            return self._privmsg(batch.whole, now)
        if batch and batch.replay:
            further = self._history.page_ended(self._membership.ours(batch.target), batch)
            return [Replayed(shown(batch.target), batch.lines), *further]
        return []

    # --- what we say

    def privmsg(self, target: str, text: str) -> Send | None:
        """The line that says `text` to a channel of ours or to a nick, cut to fit; None: it cannot be said now.

        The server puts our hostmask in front of it, which counts towards the length of the line.
        """
        channel = self._membership.ours(target)
        there = self._membership.present(target) if channel else NICK.fullmatch(target) is not None
        words = sayable(text)
        if self._registration.phase is not Phase.ONLINE or not there or not words.strip():
            return None
        head = f"{self._network.replies.value.upper()} {channel or target} :"
        prefix = f":{self._registration.own.nick}!{self._registration.own.userhost or LONGEST_USERHOST} "
        return Send(head + cut(words, LONGEST_OUT - len(f"{prefix}{head}\r\n".encode())), free=False)

    def _notice(self, line: Line, now: datetime) -> Events:
        return self._echoed(line, self._batches.is_replayed(line, now), now)

    def _echoed(self, line: Line, replayed: bool, now: datetime) -> Events:
        """A message of our own: just now, or from a history, under the nick that we had then."""
        if not (self._registration.own.was_us(line.nick) if replayed else self._registration.own.is_us(line.nick)):
            return []
        ago = now - (server_time(line.tags.get("time", "")) or now) if replayed else None
        words = f"{line.command} {self._place(line.param(0))} :{line.param(1)}"
        return [Echoed(words, self._batches.label(line), ago and max(ago, timedelta()))]

    def _acknowledged(self, line: Line, now: datetime) -> Events:
        label = self._batches.label(line)
        if label and self._batches.echoes and self._network.replies is settings.Replies.NOTICE:
            # what is passed on is echoed: ergo drops a NOTICE where we may not speak, and only acknowledges it
            return [Unsaid("", "the server dropped it without giving a reason (ACK)", label)]
        return [Echoed(label=label)] if label else []

    def _cannot_send(self, line: Line, now: datetime) -> Events:
        to_services = self._isupport.same(line.param(1), "NickServ")
        if to_services or not line.param(1):
            return []
        return [Unsaid(self._place(line.param(1)), shown_error(line), self._batches.label(line))]

    def refused(self, line: Line) -> Events:
        """An error or FAIL (IRCv3 *standard replies*), with the label of a line of ours, or about a channel of ours."""
        label, place = self._batches.label(line), self._place(line.param(1))
        # in a channel that we are in, we ask for nothing else that could be refused (415 and 477 on some servers)
        return [Unsaid(place, shown_error(line), label)] if label or self._membership.present(place) else []

    def _place(self, target: str) -> str:
        return self._membership.ours(target) or target
