"""Run one session over one connection: connect, register, stay, until the connection ends.

The server's lines go to the session, and what the session wants is done here. Connecting again is left to `client`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labsbot import settings
from labsbot.edge.waits import wait_for_event
from labsbot.irc import events
from labsbot.irc.channel_schedule import ChannelSchedule
from labsbot.irc.channel_supervisor import ChannelSupervisor
from labsbot.irc.connection import Unreachable, connection, reach
from labsbot.irc.counts import Counts
from labsbot.irc.duplicates import DuplicateMonitor
from labsbot.irc.line_guard import LineGuard
from labsbot.irc.lines import Line, shown
from labsbot.irc.listener import Listener
from labsbot.irc.message_sender import MessageSender
from labsbot.irc.outbox import Outbox
from labsbot.irc.pace import NEVER
from labsbot.irc.registration import Phase
from labsbot.irc.send_queue import Message
from labsbot.irc.server_clock import ServerClock
from labsbot.irc.session import QUIT, Session
from labsbot.irc.session_timers import SessionTimers
from labsbot.irc.sts import Route

log = logging.getLogger("labsbot.irc")


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """Why a connection ended, or could not be made."""

    why: str
    for_good: bool = False
    online: float = 0.0
    """Seconds for which we were registered."""
    absent: bool = False
    """Nobody answered."""
    upgrade: int | None = None
    """The port at which the server wants us to use TLS."""


class SessionRunner:
    def __init__(
        self,
        network: settings.Network,
        route: Route,
        listener: Listener,
        deferred: Sequence[Message],
        counts: Counts,
        duplicates: DuplicateMonitor,
    ) -> None:
        """`deferred`: messages that an earlier session could not say. To be used in a running loop."""
        clock = asyncio.get_running_loop().time
        self._network = network
        self._route = route
        self._listener = listener
        self._counts = counts
        self._clock = clock
        self._wake = asyncio.Event()
        self._end: ConnectionEnd | None = None
        self._registered_at = NEVER
        self._policy: int | None = None
        self.registered = asyncio.Event()
        self.looked_up = asyncio.Event()
        self.session = session = Session(network, route.link)
        self._guard = LineGuard(network.name, counts, self._hear)
        self._connection = link = connection(self._receive, self._over)
        schedule = ChannelSchedule((channel.name for channel in network.channels), network.backoff)
        outbox = Outbox(deferred, counts, clock())
        self.sender = sender = MessageSender(
            network.name, session, outbox, clock, schedule.all_caught_up, listener.ready, self._transmit
        )
        self._channels = channels = ChannelSupervisor(network, session, schedule, sender, listener, counts, clock)
        self._server_clock = ServerClock(route.server, session.caps, listener.watch)
        self._timers = SessionTimers(
            network, session, link, channels, sender, self._server_clock, duplicates, counts, clock, self._act
        )

    @property
    def online(self) -> bool:
        """We are registered, and the connection stands."""
        return self.session.phase is Phase.ONLINE and self._end is None

    async def run(self) -> ConnectionEnd:
        """Connect, and stay until the connection ends for whatever reason; `leave` is one."""
        self._counts.connections += 1
        try:
            await reach(self._connection, self._route, self._network.proxy, self._network.ping.give_up, self._wake)
        except Unreachable as failure:
            return self._end or ConnectionEnd(failure.why, absent=failure.absent)
        log.info("%s: connected to %s", self._network.name, self._route.where)
        self._server_clock.connected()
        self._timers.connected()
        self._act(self.session.begin())
        try:
            while self._end is None:
                await self._wait_until(self._timers.tick())
        finally:
            self._close()
        return self._end

    async def _wait_until(self, moment: float) -> None:
        self._wake.clear()
        if self._end is None:
            await wait_for_event(self._wake, None if moment == NEVER else moment - self._clock())

    def _close(self) -> None:
        self._connection.disconnect("over")
        self._channels.report_presence()
        self._counts.overlong += self._connection.lines.dropped
        if self._policy is not None:
            # what the server asked for counts from the end of the connection (STS)
            self._listener.policy(self._route.server, self._policy)

    # --- what others want of it

    def leave(self) -> None:
        """Say goodbye; `run` returns within two seconds."""
        self.sender.close()
        if not self._connection.connected:
            self._end = self._end or ConnectionEnd("we left")
        elif self._timers.leave():
            self._connection.send_raw(QUIT)
        self._wake.set()

    def take_up(self, network: settings.Network) -> None:
        """Let these settings hold from now on: join and leave channels. They differ in nothing that a connection is
        made with."""
        self._timers.take_up(network)
        self._act(self._channels.take_up(network))
        if self.online:
            self._wake.set()

    def hold(self, held: bool) -> None:
        """Whether to stop reading, and leave what the server sends in its hands, until the rest was dealt with."""
        if self._connection.connected:
            self._connection.hold(held)

    def ask_time(self) -> None:
        """Ask the server for its time; whoever watches clocks is told."""
        if self.online:
            self._timers.ask_time()

    def look_up(self, nick: str) -> None:
        """Ask who somebody is; `looked_up` is set when the answer is complete."""
        self._connection.send_raw(f"WHOIS {nick}")

    def ask_modes(self, channels: Iterable[str]) -> None:
        """Ask which modes channels of ours have; the listener is told."""
        self._act([events.Send(f"MODE {channel}", free=False) for channel in channels])

    # --- lines of the server

    def _receive(self, text: str) -> None:
        self._timers.heard()
        self._guard.hear(text)

    def _hear(self, line: Line) -> None:
        self._server_clock.hear(line, self.registered.is_set())
        self._channels.last_line = now = self._listener.now()
        self._act(self.session.hear(line, now))

    def _act(self, happened: events.Events) -> None:
        for event in happened:
            self._act_on(event)

    def _act_on(self, event: events.Event) -> None:
        match event:
            case events.Heard(privmsg):
                self._listener.heard(privmsg)
            case events.Send(line, free):
                if free:
                    self._connection.send_raw(line)
                else:
                    self.sender.command(event)
            case events.Registered(nick, server):
                self._begin_online(nick, server)
            case events.Renamed(nick):
                log.info("%s: our nick is now %s", self._network.name, shown(nick))
            case events.LookedUp():
                self.looked_up.set()
            case events.ModesTold(channel, modes):
                self._listener.modes_told(channel, modes)
            case events.Policy(seconds):
                self._policy = seconds
                self._listener.policy(self._route.server, seconds)
            case events.Upgrade(port):
                self._over("it asks for TLS (STS)", upgrade=port)
            case events.RegistrationRefused(why, for_good):
                self._over(why, for_good)
            case events.Ended(why):
                self._over(why)
            case events.Echoed() | events.Unsaid() | events.ModesChanged():
                self.sender.hear(event)
            case _:
                self._act(self._channels.hear(event))
                self._wake.set()

    def _begin_online(self, nick: str, server: str) -> None:
        self._registered_at = self._clock()
        self._timers.registered()
        self._channels.registered()
        self.registered.set()
        self._wake.set()
        log.info("%s: registered as %s on %s (%s)", self._network.name, shown(nick), server, self._route.where)
        self.sender.say_again()

    def _over(self, why: str, for_good: bool = False, upgrade: int | None = None) -> None:
        """The connection ends. The first reason counts: others follow from it."""
        if self._end is None:
            online = max(self._clock() - self._registered_at, 0.0)
            self._end = ConnectionEnd(why, for_good, online, upgrade=upgrade)
        self.sender.close()
        self._wake.set()

    def _transmit(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._connection.send_raw(line)
        self._wake.set()
