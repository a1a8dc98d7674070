"""One stay on a network: a session's events made true over one connection, until that ends for a reason.

Here are the timers (silence, registration, joining again, the wanted nick, lines that wait), and the one guard around
each line. It does not connect again; that is the client's.
"""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labsbot import settings
from labsbot.edge.waits import wait_for_event
from labsbot.irc import events
from labsbot.irc.channels import NEVER, Channels
from labsbot.irc.connection import Unreachable, connection, reach
from labsbot.irc.counts import Counts
from labsbot.irc.lines import Line, parse, shown
from labsbot.irc.pace import Pulse
from labsbot.irc.registration import Phase
from labsbot.irc.session import QUIT, Session
from labsbot.irc.speaker import Speaker
from labsbot.irc.sts import Route
from labsbot.irc.times import server_time
from labsbot.irc.twins import LOGGED, TOLD, TwinWatch
from labsbot.irc.waiting import Message
from labsbot.model import CaughtUp, ClockReading, Entered, News, Present

log = logging.getLogger("labsbot.irc")

INTRODUCING = 5.0
"""Seconds for which we do not say who we are while the server may still ask for TLS."""
LEAVING = 2.0
"""Seconds that a server has to close after our QUIT."""
BEAT = 60.0
"""Seconds after which it is told again until when a channel was heard."""
WHAT_TIME = "what time is it"
"""The token of a PING: what comes after its PONG was sent after it was asked."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who reads the clocks of servers."""

    steady: Callable[[], float]
    """Counts seconds, also while the machine sleeps."""
    read: Callable[[settings.Server, ClockReading], None]
    """A server has shown its clock."""


NOBODY_WATCHES = Watch(lambda: 0.0, lambda server, reading: None)


@dataclass(frozen=True, slots=True)
class Listener:
    """Whom a stay tells, and whom it asks. None of them may wait."""

    heard: Callable[[News], None]
    """Gets all news in their order."""
    ready: Callable[[], None]
    """Is called whenever something can be said again."""
    now: Callable[[], datetime]
    """The wall clock (aware, UTC) that tells when a line arrived."""
    heard_until: Callable[[str], datetime | None]
    """Until when a channel was heard before; None: never."""
    policy: Callable[[settings.Server, int], None]
    """The server is to be spoken to by TLS only, for so many seconds from now on (STS)."""
    watch: Watch
    """Reads the server's clock."""
    shut_out: Callable[[str, str], None] = lambda channel, why: None
    """A channel does not let us in, and why."""


@dataclass(frozen=True, slots=True)
class ConnectionEnd:
    """Why a stay is over."""

    why: str
    for_good: bool = False
    online: float = 0.0
    """Seconds for which we were registered."""
    absent: bool = False
    """Nobody was there."""
    upgrade: int | None = None
    """The port at which the server wants to be spoken to by TLS."""


class Stay:
    def __init__(
        self,
        network: settings.Network,
        route: Route,
        listener: Listener,
        left_over: Sequence[Message],
        counts: Counts,
        twins: TwinWatch,
    ) -> None:
        """`left_over`: messages that an earlier stay had to leave unsaid. To be used in a running loop."""
        self._twins = twins
        self._network = network
        self._route = route
        self._listener = listener
        self._counts = counts
        self._clock = asyncio.get_running_loop().time
        self.session = Session(network, route.link)
        self._connection: Any = None
        self._speaker = Speaker(network.name, self.session, left_over, counts, self._clock, listener.ready)
        self._channels = Channels((channel.name for channel in network.channels), network.backoff)
        self._speaker.caught_up = self._channels.heard
        self._policy: int | None = None
        self._pulse = Pulse(network.ping, self._clock())
        self._introduce_by = self._beat_due = self._nick_due = self._leave_by = self._registered_at = NEVER
        self._time_asked = 0.0
        self._time_since: float | None = None
        """What the server sends now was sent after this moment; None: it has been asked for its time and told it."""
        self._end: ConnectionEnd | None = None
        self._wake = asyncio.Event()
        self.registered = asyncio.Event()
        self.looked_up = asyncio.Event()
        self.where = f"{route.server.host}:{route.server.port}"

    @property
    def online(self) -> bool:
        return self.session.phase is Phase.ONLINE and self._end is None

    async def run(self) -> ConnectionEnd:
        """Connect and stay on until the connection ends, for whatever reason; `leave` is one."""
        self._told_at = self._listener.now()
        self._counts.connections += 1
        self._connection = connection(self._hear, self._over)
        try:
            await reach(self._connection, self._route, self._network.proxy, self._network.ping.give_up, self._wake)
        except Unreachable as failure:
            return self._end or ConnectionEnd(failure.why, absent=failure.absent)
        log.info("%s: connected to %s", self._network.name, self.where)
        self._time_since = self._listener.watch.steady()
        self._pulse = Pulse(self._network.ping, self._clock())
        self._introduce_by = self._clock() + INTRODUCING
        self._beat_due = self._clock() + BEAT
        self._act(self.session.begin())
        try:
            while self._end is None:
                await self._sleep_until(self._tick())
        finally:
            self._connection.disconnect("over")
            self._tell_presence()
            self._counts.overlong += self._connection.lines.dropped
            if self._policy is not None:
                # what the server asked for counts from the end of the connection (STS)
                self._listener.policy(self._route.server, self._policy)
        return self._end

    def look_up(self, nick: str) -> None:
        """Ask who somebody is; `looked_up` is set when that was answered."""
        self._connection.send_raw(f"WHOIS {nick}")

    def leave(self) -> None:
        """Say goodbye; `run` returns within two seconds."""
        if self._connection is None or not self._connection.connected:
            self._end = self._end or ConnectionEnd("we left")
        elif self._leave_by == NEVER:
            self._leave_by = self._clock() + LEAVING
            self._connection.send_raw(QUIT)
        self._wake.set()

    def left_over(self) -> tuple[Message, ...]:
        """After the end: the messages that are still to be said, elsewhere."""
        return self._speaker.rest()

    # --- lines in

    def hold(self, held: bool) -> None:
        """Whether to leave in the server's hands what it has to say, until who is told has dealt with the rest."""
        if self._connection is not None and self._connection.connected:
            self._connection.hold(held)

    def _hear(self, text: str) -> None:
        """Take one line. This is the guard: whatever is wrong with a line, the next one is heard."""
        self._pulse.heard(self._clock())
        self._counts.lines += 1
        line: Line | None = None
        try:
            line = parse(text)
            if line is None:
                self._counts.broken += 1
                return
            self._read_clock(line)
            self._told_at = self._listener.now()
            self._act(self.session.hear(line, self._told_at))
        except Exception as failure:  # noqa: BLE001 - it is logged, only not in full
            self._counts.failed += 1
            # not what it says, nor what the failure says of it: that may hold what nobody should read
            what = f"{line.command} of {shown(line.source)!a}" if line else f"one of {len(text)} characters"
            where = "".join(traceback.format_tb(failure.__traceback__))
            log.error("%s: failed at a line (%s): %s\n%s", self._network.name, what, type(failure).__name__, where)

    def _read_clock(self, line: Line) -> None:
        """Read it in the first line with a time that was sent after we asked. A history's lines have old times."""
        answer = line.command == "PONG" and line.last == WHAT_TIME
        if answer:
            self._time_since = self._time_asked
        if self._time_since is None or "batch" in line.tags:
            return
        live = answer or "batch" in self.session.caps or not self.registered.is_set()
        if live and (said := server_time(line.tags.get("time", ""))):
            reading = ClockReading(self._time_since, self._listener.watch.steady(), said)
            self._time_since = None
            self._listener.watch.read(self._route.server, reading)

    def ask_time(self) -> None:
        """Ask the server for its time, where it tells times; it is `read` in the answer, or in what follows it."""
        if self.online and "server-time" in self.session.caps:
            self._time_asked = self._listener.watch.steady()
            self._connection.send_raw(f"PING :{WHAT_TIME}")

    def _act(self, happened: events.Events) -> None:
        for event in happened:
            if type(event) is events.Heard:
                self._listener.heard(event.privmsg)
            else:
                self._act_on(event)

    def _act_on(self, event: events.Event) -> None:
        name = self._network.name
        match event:
            case events.Send(line, free):
                if free:
                    self._connection.send_raw(line)
                else:
                    self._speaker.command(line)
                    self._send_what_may_go()
            case events.Registered(nick, server):
                self._registered_at = self._clock()
                self._nick_due = self._registered_at + self._network.ping.after
                self._channels.registered(self._registered_at)
                self.registered.set()
                self._wake.set()
                log.info("%s: registered as %s on %s (%s)", name, shown(nick), server, self.where)
                self._speaker.say_again()
            case events.Renamed(nick):
                log.info("%s: our nick is now %s", name, shown(nick))
            case events.Joined(channel, at):
                log.info("%s: joined %s", name, channel)
                self._catch_up(channel, at)
                self._listener.ready()
            case events.HistoryEnded(channel, repeated, since):
                self._channels.caught_up(channel)
                self._speaker.may_speak(channel)
                self._speaker.say_again()
                self._listener.heard(CaughtUp(name, channel, self._told_at, repeated, since))
            case events.Left(channel, why):
                self._tell_presence()
                self._again(channel, why, self._channels.left(channel, self._clock(), random.random()))
            case events.NotJoined(channel, why):
                self._listener.shut_out(channel, why)
                self._again(channel, why, self._channels.refused(channel, self._clock(), random.random()))
            case events.Invited(channel):
                if self._channels.invited(channel, self._clock()):
                    log.info("%s: invited to %s", name, channel)
                    self._wake.set()
            case events.Replayed(target, lines):
                self._counts.replayed += lines
                self._channels.history_goes_on(self._clock())
                log.info("%s: %d lines of %s's history", name, lines, target)
            case events.Echoed():
                self._speaker.echoed(event)
            case events.Unsaid():
                self._speaker.unsaid(event)
            case events.LookedUp():
                self.looked_up.set()
            case events.ModesChanged(channel):
                self._speaker.may_speak(channel)
            case events.Upgrade(port):
                self._over("it asks for TLS (STS)", upgrade=port)
            case events.Policy(seconds):
                self._policy = seconds
                self._listener.policy(self._route.server, seconds)
            case events.RegistrationRefused(why, for_good):
                self._over(why, for_good)
            case events.Ended(why):
                self._over(why)

    def _catch_up(self, channel: str, at: datetime) -> None:
        self._listener.heard(Entered(self._network.name, channel, at))
        self._channels.entered(channel, self._clock())
        until = self._listener.heard_until(channel)
        oldest = self._told_at - timedelta(seconds=self._network.catch_up)
        if until and not oldest <= until <= self._told_at:
            until = oldest  # or it was kept by a clock that was ahead: what is known already does no harm
        self._act(self.session.catch_up(channel, until))

    def _tell_presence(self) -> None:
        """Whatever was said in our channels before the last line came has come too: a server keeps the order."""
        for channel in self._channels.heard():
            self._listener.heard(Present(self._network.name, channel, self._told_at))

    def _again(self, channel: str, why: str, delay: float) -> None:
        self._wake.set()
        log.warning("%s: not in %s: %s; next try in %.1f s", self._network.name, channel, why, delay)

    def _over(self, why: str, for_good: bool = False, upgrade: int | None = None) -> None:
        """The first reason counts: those that follow follow from it."""
        if self._end is None:
            online = max(self._clock() - self._registered_at, 0.0)
            self._end = ConnectionEnd(why, for_good, online, upgrade=upgrade)
        self._wake.set()

    # --- lines out

    def takes(self, channel: str) -> bool:
        """Whether what became of entries can be said in a channel now."""
        return self._may_speak and self._speaker.takes(channel)

    def say(self, message: Message) -> bool:
        """Queue one message; False: it cannot be said now, and nothing was queued."""
        said = self._may_speak and self._speaker.say(message)
        if said:
            self._send_what_may_go()
        return said

    def keep(self, message: Message) -> None:
        """Queue one message for when it can be said."""
        self._speaker.keep(message)

    @property
    def _may_speak(self) -> bool:
        return self._leave_by == NEVER and self.online

    def _send_what_may_go(self) -> None:
        for line in self._speaker.lines():
            self._connection.send_raw(line)
        self._wake.set()

    # --- time

    def _tick(self) -> float:
        """Do what is due, and tell when something will be."""
        now = self._clock()
        if self._connection.held:
            # it is we who do not listen
            self._pulse.heard(now)
            self._channels.history_goes_on(now)
        unfinished = "" if self.online else self.session.phase.value
        lost = "we left" if now >= self._leave_by else self._pulse.lost(unfinished, now)
        if lost:
            self._connection.abort(lost)
            return now
        if now >= self._introduce_by:
            self._introduce_by = NEVER
            self._act(self.session.introduce())
        if unfinished:
            return min(self._introduce_by, self._pulse.next(unfinished), self._leave_by)
        self._do_what_is_due(now)
        others = self._speaker.due(), self._channels.next(self.session.present)
        return min(self._pulse.next(unfinished), self._leave_by, self._nick_due, self._beat_due, *others)

    def _do_what_is_due(self, now: float) -> None:
        if self._pulse.ask(now):
            self._connection.send_raw("PING :labsbot")
        if now >= self._nick_due:
            self._nick_due = now + self._network.ping.after
            self._act(self.session.reclaim())
        for channel in self._channels.without_end(now):
            log.warning("%s: the end of %s's history does not come", self._network.name, channel)
            self._act(self.session.give_up_history(channel))
        if now >= self._beat_due:
            self._beat_due = now + BEAT
            self._tell_presence()
            self.ask_time()
            self._speaker.expire()
            self._tell_of_twins(now)
        self._act(self.session.join(*self._channels.to_ask(self.session.present, now)))
        self._speaker.do_what_is_due()
        self._send_what_may_go()

    def _tell_of_twins(self, now: float) -> None:
        twins = self.session.twins
        for nick in self._twins.look(twins, now):
            self._counts.twins += 1
            log.warning(LOGGED, self._network.name, shown(nick), shown(self.session.account))
            if self._network.tell_gaps and twins[nick]:
                self.say(Message(twins[nick], TOLD.format(nick=nick), now))

    async def _sleep_until(self, moment: float) -> None:
        self._wake.clear()
        if self._end is not None:
            return
        await wait_for_event(self._wake, moment - self._clock() if moment != NEVER else None)
