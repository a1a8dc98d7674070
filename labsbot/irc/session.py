"""Hold the state of one IRC session, and decide what each line of the server means: a line in, events out. Pure.

It routes each line to the module that knows it: registration, membership, messages, history. It has no socket, reads no
clock and never waits.
"""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from irc.events import Command

from labsbot import settings
from labsbot.irc.batches import Batches
from labsbot.irc.capabilities import Capabilities
from labsbot.irc.events import Ended, Events, RegistrationRefused, Send
from labsbot.irc.history import History
from labsbot.irc.isupport import Isupport
from labsbot.irc.lines import Line, shown
from labsbot.irc.login import Login
from labsbot.irc.low_priority import LowPriorityLines
from labsbot.irc.membership import FAREWELL, ChannelMembership
from labsbot.irc.privmsgs import Privmsgs
from labsbot.irc.registration import Phase, Reaction, Registration
from labsbot.irc.sent_messages import SendReceipt
from labsbot.irc.sts import Link
from labsbot.irc.user_lines import UserLines
from labsbot.irc.users import ChannelUsers

QUIT = f"QUIT :{FAREWELL}"
ERROR = re.compile("[45][0-9][0-9]|FAIL")


@functools.lru_cache(maxsize=512)
def name_of(command: str) -> str:
    """A command's name in irc's table of numerics; the command itself where that has none."""
    return str(Command.lookup(command))


class Session:
    """What the network and we have agreed on, from the first line of a connection to the last."""

    def __init__(
        self,
        network: settings.Network,
        link: Link = Link.SECURE,
        nonce: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """`nonce` returns something that nobody can guess."""
        isupport, capabilities = Isupport(), Capabilities()
        self.caps = capabilities.agreed
        self.people = people = ChannelUsers(isupport, self.caps)
        self._batches = Batches(self.caps)
        self._history = history = History(isupport, self.caps)
        login = Login(network.sasl, nonce)
        self._registration = registration = Registration(network, link, isupport, capabilities, login)
        self._low_priority = LowPriorityLines(isupport)
        self._membership = ChannelMembership(
            network.channels, registration, isupport, people, history, self._low_priority
        )
        self._privmsgs = Privmsgs(network, registration, isupport, self._membership, people, self._batches, history)
        self._reactions: dict[str, Reaction] = {
            "ping": lambda line, now: [Send(f"PONG :{line.param(0)}")],
            "pong": lambda line, now: history.pong(line),
            "error": lambda line, now: [Ended(f"the server closes the connection: {shown(line.last)}")],
            **registration.reactions,
            **self._membership.reactions,
            **UserLines(people, self._membership.ours).reactions,
            **self._privmsgs.reactions,
        }

    def hear(self, line: Line, now: datetime) -> Events:
        """Take one line from the server. A line that makes no sense changes nothing."""
        self._registration.own.learn_userhost(line)
        if "batch" in line.tags:
            self._batches.count(line)
        reaction = self._reactions.get(name_of(line.command))
        events = reaction(line, now) if reaction else []
        if not events and ERROR.fullmatch(line.command):
            events = self._error(line)
        if (refused := next((event for event in events if isinstance(event, RegistrationRefused)), None)) is not None:
            # say goodbye before hanging up
            events.insert(events.index(refused), Send(QUIT))
        return events

    def _error(self, line: Line) -> Events:
        """An error without a reaction of its own: its label, or the channel it names, tells what it answers."""
        return (
            self._privmsgs.refused(line)
            or self._history.failed(line, self._membership.ours)
            or [*self._registration.error(), *self._membership.refused(line)]
        )

    # --- registration

    @property
    def phase(self) -> Phase:
        """How far we have come."""
        return self._registration.phase

    @property
    def nick(self) -> str:
        """The nick that we have, or ask for."""
        return self._registration.own.nick

    def begin(self) -> Events:
        """What is sent first."""
        return self._registration.begin()

    def introduce(self) -> Events:
        """Say who we are, unless that was done."""
        return self._registration.introduce()

    def reclaim(self) -> Events:
        """Ask for the configured nick, if we have another one."""
        return self._registration.reclaim()

    # --- accounts

    @property
    def account(self) -> str:
        """The account to which we are logged in; empty: none, or the server does not tell."""
        return self.people.duplicates.account

    @property
    def duplicates(self) -> Mapping[str, str]:
        """Who else is logged in to it, and in which channel we saw that (empty: unknown)."""
        return self.people.duplicates.others(self.nick)

    # --- channels

    def take_up(self, network: settings.Network) -> Events:
        """Let these settings hold from now on, which differ in nothing that a connection is made with."""
        self._privmsgs.take_up(network)
        return self._membership.take_up(network.channels)

    def ours(self, target: str) -> str:
        """The channel as it is configured; empty: it is not one of ours."""
        return self._membership.ours(target)

    def present(self, channel: str) -> bool:
        """Whether we are in that channel."""
        return self._membership.present(channel)

    def join(self, *channels: str) -> Events:
        """Ask to join some of our channels."""
        return self._membership.join(*channels)

    def catch_up(self, channel: str, since: datetime | None) -> Events:
        """After joining, learn what was said since then (None: nothing is wanted); a HistoryEnded ends it."""
        return self._history.catch_up(channel, since)

    def give_up_history(self, channel: str) -> Events:
        """Stop waiting for the history of a channel."""
        return self._history.give_up(channel)

    # --- what we say

    @property
    def receipt(self) -> SendReceipt:
        """How the server tells us that a message of ours has arrived."""
        if {"labeled-response", "batch"} <= self.caps:
            return SendReceipt.LABEL
        return SendReceipt.ECHO if "echo-message" in self.caps else SendReceipt.NONE

    def privmsg(self, target: str, text: str) -> Send | None:
        """The line that says `text` to a channel of ours or to a nick; None: it cannot be said now."""
        return self._privmsgs.privmsg(target, text)

    @property
    def has_low_priority(self) -> bool:
        """Whether there is a line to send when no other line waits."""
        return bool(self._low_priority)

    def next_low_priority(self) -> list[Send]:
        """Take such a line, if there is one."""
        return [Send(self._low_priority.next(), free=False)] if self._low_priority else []
