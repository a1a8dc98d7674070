"""Do what is due at a certain time during one session: pings, timeouts, joins, the wanted nick, regular reports.

`tick` does what is due and says when to call it again; nothing here waits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from labsbot import settings
from labsbot.irc.channel_supervisor import ChannelSupervisor
from labsbot.irc.connection import Connection
from labsbot.irc.counts import Counts
from labsbot.irc.duplicates import LOGGED, TOLD, DuplicateMonitor
from labsbot.irc.events import Events
from labsbot.irc.keepalive import Keepalive
from labsbot.irc.lines import shown
from labsbot.irc.message_sender import MessageSender
from labsbot.irc.pace import NEVER
from labsbot.irc.registration import Phase
from labsbot.irc.send_queue import Message
from labsbot.irc.server_clock import ServerClock
from labsbot.irc.session import Session

log = logging.getLogger("labsbot.irc")

INTRODUCING = 5.0
"""Seconds for which we do not say who we are, because the server may still ask for TLS."""
LEAVING = 2.0
"""Seconds that a server has to close the connection after our QUIT."""
REPORTING = 60.0
"""Seconds between two reports until when each channel was heard."""


@dataclass(slots=True)
class Deadlines:
    """When each thing is due."""

    introduce: float = NEVER
    report: float = NEVER
    nick: float = NEVER
    leave: float = NEVER

    def next(self) -> float:
        return min(self.introduce, self.report, self.nick, self.leave)


class SessionTimers:
    def __init__(
        self,
        network: settings.Network,
        session: Session,
        connection: Connection,
        channels: ChannelSupervisor,
        sender: MessageSender,
        server_clock: ServerClock,
        duplicates: DuplicateMonitor,
        counts: Counts,
        clock: Callable[[], float],
        act: Callable[[Events], None],
    ) -> None:
        """`act` does what the session wants done."""
        self._network = network
        self._session = session
        self._connection = connection
        self._channels = channels
        self._sender = sender
        self._server_clock = server_clock
        self._duplicates = duplicates
        self._counts = counts
        self._clock = clock
        self._act = act
        self._deadlines = Deadlines()
        self._keepalive = Keepalive(network.ping, clock())

    def take_up(self, network: settings.Network) -> None:
        """Let these settings hold from now on, which differ in nothing that a connection is kept with."""
        self._network = network

    def connected(self) -> None:
        now = self._clock()
        self._keepalive = Keepalive(self._network.ping, now)
        self._deadlines.introduce = now + INTRODUCING
        self._deadlines.report = now + REPORTING

    def registered(self) -> None:
        self._deadlines.nick = self._clock() + self._network.ping.after

    def leave(self) -> bool:
        """Give the server its time to close the connection; False: that was done before."""
        if self._deadlines.leave != NEVER:
            return False
        self._deadlines.leave = self._clock() + LEAVING
        return True

    def heard(self) -> None:
        """The server sent something."""
        self._keepalive.heard(self._clock())

    def ask_time(self) -> None:
        """Ask the server for its time, if it tells times."""
        if question := self._server_clock.ask():
            self._connection.send_raw(question)

    def tick(self) -> float:
        """Do what is due; returns when something is due next."""
        now = self._clock()
        if self._connection.held:
            # the server is not silent: we do not read
            self._keepalive.heard(now)
            self._channels.reading_paused()
        unfinished = "" if self._session.phase is Phase.ONLINE else self._session.phase.value
        lost = "we left" if now >= self._deadlines.leave else self._keepalive.lost(unfinished, now)
        if lost:
            self._connection.abort(lost)
            return now
        if now >= self._deadlines.introduce:
            self._deadlines.introduce = NEVER
            self._act(self._session.introduce())
        if unfinished:
            return min(self._deadlines.introduce, self._deadlines.leave, self._keepalive.next(unfinished))
        self._do_what_is_due(now)
        return min(self._deadlines.next(), self._keepalive.next(""), self._sender.due(), self._channels.due())

    def _do_what_is_due(self, now: float) -> None:
        if self._keepalive.ping(now):
            self._connection.send_raw("PING :labsbot")
        if now >= self._deadlines.nick:
            self._deadlines.nick = now + self._network.ping.after
            self._act(self._session.reclaim())
        self._act(self._channels.do_what_is_due())
        if now >= self._deadlines.report:
            self._deadlines.report = now + REPORTING
            self._channels.report_presence()
            self.ask_time()
            self._sender.expire()
            self._warn_of_duplicates(now)
        self._sender.do_what_is_due()

    def _warn_of_duplicates(self, now: float) -> None:
        there = self._session.duplicates
        for nick in self._duplicates.due(there, now):
            self._counts.duplicates += 1
            log.warning(LOGGED, self._network.name, shown(nick), shown(self._session.account))
            if self._network.tell_gaps and there[nick]:
                self._sender.say(Message(there[nick], TOLD.format(nick=nick), now))
