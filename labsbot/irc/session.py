"""One connection as plain values: a line in, events out; no socket, no clock, no waiting.

Here each line finds who knows what it means: registration, places, speech, history.
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
from labsbot.irc.outbox import Receipt
from labsbot.irc.places import Places
from labsbot.irc.registration import Phase, Reaction, Registration
from labsbot.irc.spare import Spare
from labsbot.irc.speech import Speech
from labsbot.irc.sts import Link
from labsbot.irc.users import ChannelUsers

QUIT = "QUIT :labsbot leaves"
ERROR = re.compile("[45][0-9][0-9]|FAIL")


@functools.lru_cache(maxsize=512)
def name_of(command: str) -> str:
    """A command by the names of irc's table of numerics; what it does not name, by itself."""
    return str(Command.lookup(command))


class Session:
    """What a network and we have agreed on so far, from the first line to the last of one connection."""

    def __init__(
        self,
        network: settings.Network,
        link: Link = Link.SECURE,
        nonce: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """`nonce` makes something that nobody can guess."""
        isupport, capabilities = Isupport(), Capabilities()
        self.caps = capabilities.agreed
        self.people = ChannelUsers(isupport, self.caps)
        self._batches = Batches(self.caps)
        self._history = History(isupport, self.caps)
        login = Login(network.sasl, nonce)
        self._registration = Registration(network, link, isupport, capabilities, login)
        self._spare = Spare(isupport)
        self._places = Places(network.channels, self._registration, isupport, self.people, self._history, self._spare)
        self._speech = Speech(
            network, self._registration, isupport, self._places, self.people, self._batches, self._history
        )
        self._reactions: dict[str, Reaction] = {
            "ping": lambda line, now: [Send(f"PONG :{line.param(0)}")],
            "pong": lambda line, now: self._history.pong(line),
            "error": lambda line, now: [Ended(f"the server ended it: {shown(line.last)}")],
            **self._registration.reactions,
            **self._places.reactions,
            **self._speech.reactions,
        }
        # how far we have come, who we are, and what can be asked for
        self.begin, self.introduce = self._registration.begin, self._registration.introduce
        self.reclaim = self._registration.reclaim
        self.ours, self.present, self.join = self._places.ours, self._places.present, self._places.join
        self.catch_up, self.give_up_history = self._history.catch_up, self._history.give_up
        self.privmsg = self._speech.privmsg

    @property
    def phase(self) -> Phase:
        return self._registration.phase

    @property
    def nick(self) -> str:
        """The nick that we have, or ask for."""
        return self._registration.nick

    @property
    def account(self) -> str:
        """The account to which we are logged in; empty: none, or the server does not say."""
        return self.people.twins.account

    @property
    def twins(self) -> Mapping[str, str]:
        """Who else is logged in to it, and in which channel we saw that (empty: not known)."""
        return self.people.twins.others(self.nick)

    @property
    def receipt(self) -> Receipt:
        """How the server lets us know that a message of ours has arrived."""
        if {"labeled-response", "batch"} <= self.caps:
            return Receipt.LABEL
        return Receipt.ECHO if "echo-message" in self.caps else Receipt.NONE

    @property
    def spares(self) -> bool:
        """There is a line that may go when no other does."""
        return bool(self._spare)

    def spare(self) -> list[Send]:
        """Take such a line, if there is one."""
        return [Send(self._spare.next(), free=False)] if self._spare else []

    def hear(self, line: Line, now: datetime) -> Events:
        """Take one line from the server. A line that makes no sense changes nothing."""
        self._registration.learn_userhost(line)
        if "batch" in line.tags:
            self._batches.count(line)
        reaction = self._reactions.get(name_of(line.command))
        events = reaction(line, now) if reaction else []
        if not events and ERROR.fullmatch(line.command):
            events = self._error(line)
        if (refused := next((event for event in events if isinstance(event, RegistrationRefused)), None)) is not None:
            # where we must not go on we do not just hang up
            events.insert(events.index(refused), Send(QUIT))
        return events

    def _error(self, line: Line) -> Events:
        """An error of which nothing else is known: its label, or the channel it names, says what it answers."""
        return (
            self._speech.refused(line)
            or self._history.failed(line, self._places.ours)
            or [*self._registration.error(), *self._places.refused(line)]
        )
