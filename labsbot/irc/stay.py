"""One stay on a network: a session's events made true over one connection, until that ends for a reason.

Here are the timers (silence, registration, joining again, the wanted nick, the send queue), and the one guard around
each line. It does not connect again; that is the client's.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labsbot import settings
from labsbot.irc import events
from labsbot.irc.connection import Reactor, reason, tls_context
from labsbot.irc.lines import parse, shown
from labsbot.irc.pace import HEALTHY, Bucket, wait
from labsbot.irc.session import Phase, Session
from labsbot.model import CaughtUp, Entered, News, Present

log = logging.getLogger("labsbot.irc")

CONNECTING = 30.0
"""Seconds for looking up, connecting and TLS together."""
LEAVING = 2.0
"""Seconds that a server has to close after our QUIT."""
ANSWERING = 60.0
"""Seconds after which a JOIN that nobody answered is sent again, and a history that nobody sent is given up."""
BEAT = 60.0
"""Seconds after which it is told again until when a channel was heard."""
LONGEST_QUEUE = 100
"""Lines of ours that may wait for their turn; at one a second more would come too late to help anybody."""
NEVER = float("inf")


@dataclass(slots=True)
class Counts:
    """What happened since the start, over all connections."""

    lines: int = 0
    """Lines that came in."""
    overlong: int = 0
    """Lines dropped because they were too long."""
    broken: int = 0
    """Lines dropped because they are none (blank, without a command)."""
    failed: int = 0
    """Lines at which our own code failed."""
    replayed: int = 0
    """Lines that the network said again from its history."""
    said: int = 0
    """Messages of ours that went out."""
    unsaid: int = 0
    """Messages of ours that the server refused, that were too many, or that were waiting when the connection ended."""
    connections: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """Why a stay is over."""

    why: str
    for_good: bool = False
    online: float = 0.0
    """Seconds for which we were registered."""


@dataclass(slots=True)
class _Channel:
    failures: int = 0
    due: float = NEVER
    """When we ask to be let in again, if we are not in by then."""
    since: float = 0.0
    caught_up_by: float = NEVER
    """When we no longer wait for the rest of its history."""
    caught_up: bool = False


class Stay:
    def __init__(
        self,
        network: settings.Network,
        server: settings.Server,
        heard: Callable[[News], None],
        ready: Callable[[], None],
        now: Callable[[], datetime],
        heard_until: Callable[[str], datetime | None],
        counts: Counts,
    ) -> None:
        self._network = network
        self._server = server
        self._heard = heard
        self._ready = ready
        self._now = now
        self._heard_until = heard_until
        self._counts = counts
        self.session = Session(network)
        self._connection: Any = None
        self._queue: deque[events.Send] = deque()
        self._turned_away = False
        self._channels = {channel.name: _Channel() for channel in network.channels}
        self._end: End | None = None
        self._wake = asyncio.Event()
        self.registered = asyncio.Event()
        self.where = f"{server.host}:{server.port}"

    @property
    def online(self) -> bool:
        return self.session.phase is Phase.ONLINE and self._end is None

    async def run(self) -> End:
        """Connect and stay on until the connection ends, for whatever reason; `leave` is one."""
        self._clock = asyncio.get_running_loop().time
        self._begun = self._heard_at = self._clock()
        self._pinged = False
        self._told_at = self._now()
        self._beat_due = self._begun + BEAT
        self._registered_at = NEVER
        self._nick_due = self._leave_by = NEVER
        self._bucket = Bucket(self._begun)
        failure = await self._connect()
        if failure:
            return End(failure)
        self._act(self.session.begin())
        try:
            while self._end is None:
                await self._sleep_until(self._tick())
        finally:
            self._connection.disconnect("over")
            self._tell_presence()
            self._counts.overlong += self._connection.lines.dropped
            self._drop_queue()
        return self._end

    def leave(self) -> None:
        """Say goodbye; `run` returns within two seconds."""
        if self._connection is None or not self._connection.connected:
            self._end = self._end or End("we left")
        elif self._leave_by == NEVER:
            self._leave_by = self._clock() + LEAVING
            self._connection.send_raw("QUIT :labsbot leaves")
        self._wake.set()

    # --- connecting

    async def _connect(self) -> str | None:
        """Connect; the answer is why that failed."""
        self._counts.connections += 1
        reactor = Reactor(loop=asyncio.get_running_loop())
        reactor.add_global_handler("line", lambda _, event: self._hear(event.arguments[0]))
        reactor.add_global_handler("disconnect", lambda _, event: self._over(End(event.arguments[0])))
        self._connection = reactor.server()
        try:
            tls = tls_context(self._network.tls) if self._network.tls else None
        except OSError as failure:
            return f"the files for TLS cannot be used: {reason(failure)}"
        pinned = self._network.tls.fingerprints if self._network.tls else ()
        patience = self._network.ping.give_up
        connecting = asyncio.ensure_future(
            self._connection.connect(self._server, tls, pinned, self._network.proxy, patience)
        )
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait((connecting, woken), timeout=CONNECTING, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                return self._end.why if self._end else f"cannot connect to {self.where}: it does not answer"
            connecting.result()
        except OSError as failure:
            return f"cannot connect to {self.where}: {reason(failure)}"
        finally:
            woken.cancel()
            connecting.cancel()
        self._heard_at = self._clock()
        log.info("%s: connected to %s", self._network.name, self.where)
        return None

    # --- lines in

    def _hear(self, text: str) -> None:
        """Take one line. This is the guard: whatever is wrong with a line, the next one is heard."""
        self._heard_at = self._clock()
        self._pinged = False
        self._counts.lines += 1
        try:
            line = parse(text)
            if line is None:
                self._counts.broken += 1
                return
            self._told_at = self._now()
            self._act(self.session.hear(line, self._told_at))
        except Exception:
            self._counts.failed += 1
            log.exception("%s: failed at the line %s", self._network.name, ascii(shown(text)))

    def _act(self, happened: list[events.Event]) -> None:
        for event in happened:
            self._act_on(event)

    def _act_on(self, event: events.Event) -> None:
        name = self._network.name
        match event:
            case events.Send(line, free):
                if free:
                    self._connection.send_raw(line)
                else:
                    self._queue.append(event)
                    self._send_what_may_go()
            case events.Registered(nick, server):
                self._registered_at = self._clock()
                self._nick_due = self._registered_at + self._network.ping.after
                for channel in self._channels.values():
                    channel.due = self._registered_at + ANSWERING
                self.registered.set()
                self._wake.set()
                log.info("%s: registered as %s on %s (%s)", name, shown(nick), server, self.where)
            case events.Renamed(nick):
                log.info("%s: our nick is now %s", name, shown(nick))
            case events.Joined(channel, at):
                self._channels[channel].since = self._clock()
                self._channels[channel].due = NEVER
                log.info("%s: joined %s", name, channel)
                self._catch_up(channel, at)
                self._ready()
            case events.CaughtUp(channel, repeated):
                self._channels[channel].caught_up_by = NEVER
                self._channels[channel].caught_up = True
                self._heard(CaughtUp(name, channel, self._told_at, repeated))
            case events.Left(channel, why):
                self._tell_presence()
                self._channels[channel].caught_up = False
                self._channels[channel].caught_up_by = NEVER
                if self._clock() - self._channels[channel].since > HEALTHY:
                    self._channels[channel].failures = 0
                self._again(channel, why)
            case events.NotJoined(channel, why):
                self._again(channel, why)
            case events.Heard(privmsg):
                self._heard(privmsg)
            case events.Replayed(target, lines):
                self._counts.replayed += lines
                for of_channel in self._channels.values():
                    if of_channel.caught_up_by != NEVER:
                        of_channel.caught_up_by = self._clock() + ANSWERING
                log.info("%s: %d lines of %s's history", name, lines, target)
            case events.Unsaid(target, why):
                self._counts.unsaid += 1
                log.warning("%s: cannot speak in %s: %s", name, target, why)
            case events.Refused(why, for_good):
                self._over(End(why, for_good))
            case events.Ended(why):
                self._over(End(why))

    def _catch_up(self, channel: str, at: datetime) -> None:
        self._heard(Entered(self._network.name, channel, at))
        self._channels[channel].caught_up = False
        self._channels[channel].caught_up_by = self._clock() + ANSWERING
        until = self._heard_until(channel)
        oldest = self._told_at - timedelta(seconds=self._network.catch_up)
        self._act(self.session.catch_up(channel, until and max(until, oldest)))

    def _tell_presence(self) -> None:
        """Whatever was said in our channels before the last line came has come too: a server keeps the order."""
        for channel, state in self._channels.items():
            if state.caught_up:
                self._heard(Present(self._network.name, channel, self._told_at))

    def _again(self, name: str, why: str) -> None:
        channel = self._channels[name]
        channel.failures += 1
        # at least half of the time: who was just kicked does not come back at once
        delay = wait(self._network.backoff, channel.failures, random.uniform(0.5, 1))
        channel.due = self._clock() + delay
        self._wake.set()
        log.warning("%s: not in %s: %s; next try in %.1f s", self._network.name, name, why, delay)

    def _over(self, end: End) -> None:
        """The first reason counts: those that follow follow from it."""
        if self._end is None:
            online = max(self._clock() - self._registered_at, 0.0)
            self._end = End(end.why, end.for_good, online)
        self._wake.set()

    # --- lines out

    def say(self, target: str, text: str) -> bool:
        """Queue one message; False: it cannot be said now, and nothing was queued."""
        send = self.session.privmsg(target, text)
        if send is None or not self.online or self._leave_by != NEVER:
            return False
        if len(self._queue) >= LONGEST_QUEUE:
            self._counts.unsaid += 1
            self._turned_away = True
            return False
        self._act_on(send)
        return True

    def _send_what_may_go(self) -> None:
        while self._queue and self._bucket.take(self._clock()):
            line = self._queue.popleft().line
            self._connection.send_raw(line)
            self._counts.said += line.startswith("PRIVMSG ")
        if self._queue:
            self._wake.set()

    def _drop_queue(self) -> None:
        waiting = sum(send.line.startswith("PRIVMSG ") for send in self._queue)
        if waiting:
            self._counts.unsaid += waiting
            log.warning("%s: %d lines of ours were still waiting and are not sent", self._network.name, waiting)

    # --- time

    def _tick(self) -> float:
        """Do what is due, and tell when something will be."""
        now = self._clock()
        ping = self._network.ping
        if now >= self._leave_by:
            self._connection.abort("we left")
            return now
        if not self.online and now >= self._begun + ping.give_up:
            # however much it says meanwhile
            self._connection.abort(f"no end of {self.session.phase.value} after {ping.give_up:.0f} s")
            return now
        if now >= self._heard_at + ping.give_up:
            self._connection.abort(f"nothing heard for {now - self._heard_at:.0f} s")
            return now
        if self.online:
            self._do_what_is_due(now)
        silence = self._heard_at + (ping.after if self.online and not self._pinged else ping.give_up)
        registration = NEVER if self.online else self._begun + ping.give_up
        joins = [due for name, due in self._join_times() if not self.session.present(name)]
        histories = [channel.caught_up_by for channel in self._channels.values()]
        turn = self._bucket.due(now) if self._queue else NEVER
        beat = self._beat_due if self.online else NEVER
        return min(silence, registration, self._leave_by, self._nick_due, turn, beat, *joins, *histories)

    def _do_what_is_due(self, now: float) -> None:
        if now >= self._heard_at + self._network.ping.after and not self._pinged:
            self._pinged = True
            self._connection.send_raw("PING :labsbot")
        if now >= self._nick_due:
            self._nick_due = now + self._network.ping.after
            self._act(self.session.reclaim())
        for name, channel in self._channels.items():
            if now >= channel.caught_up_by:
                channel.caught_up_by = NEVER
                log.warning("%s: %s's history does not end within %.0f s", self._network.name, name, ANSWERING)
                self._act(self.session.give_up_history(name))
        if now >= self._beat_due:
            self._beat_due = now + BEAT
            self._tell_presence()
        for name, due in self._join_times():
            if now >= due and not self.session.present(name):
                self._channels[name].due = now + ANSWERING
                self._act(self.session.join(name))
        self._send_what_may_go()
        if self._turned_away and not self._queue:
            self._turned_away = False
            self._ready()

    def _join_times(self) -> list[tuple[str, float]]:
        return [(name, channel.due) for name, channel in self._channels.items()]

    async def _sleep_until(self, moment: float) -> None:
        self._wake.clear()
        if self._end is not None:
            return
        try:
            async with asyncio.timeout_at(moment if moment != NEVER else None):
                await self._wake.wait()
        except TimeoutError:
            pass
