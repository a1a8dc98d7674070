"""One network for as long as the bot runs: what people say on it out, lines of ours in; one stay after the other.

It decides when to connect again, and where; what happens during a stay is not its business.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labsbot import settings
from labsbot.edge.waits import wait_for_event
from labsbot.irc.counts import Counts
from labsbot.irc.lines import shown
from labsbot.irc.pace import HEALTHY, wait
from labsbot.irc.stay import NOBODY_WATCHES, ConnectionEnd, Listener, Stay, Watch
from labsbot.irc.sts import Policies, Route
from labsbot.irc.twins import TwinWatch
from labsbot.irc.waiting import Message
from labsbot.model import Entered, Importance, News

log = logging.getLogger("labsbot.irc")

POLICIES = "sts.json"
"""In the state folder."""
ENTERING = 10.0
"""Seconds, and one for each channel, that a server has for its answers when we only look whether we are let in."""


class RefusedForGood(Exception):
    """The network will not have us, and waiting does not change that: a wrong password, a ban.

    `reason` is for people: ``it refuses our login as labsbot: … (904)``.
    """

    def __init__(self, network: str, reason: str) -> None:
        super().__init__(f"{network}: {reason}")
        self.network = network
        self.reason = reason


class Client:
    """A network that is kept: it is used in the loop in which `run` runs, and by nobody else."""

    def __init__(
        self,
        network: settings.Network,
        heard: Callable[[News], None],
        ready: Callable[[], None],
        now: Callable[[], datetime],
        heard_until: Callable[[str], datetime | None],
        state: Path | None = None,
        watch: Watch = NOBODY_WATCHES,
    ) -> None:
        """`heard` gets all news in their order, `ready` is called whenever something can be said again.

        `now` is the wall clock (aware, UTC) that tells when a line arrived; `heard_until` knows until when a channel
        was heard before (None: never), so that the network can be asked for what was said since. None of them may wait.
        `state` is the folder in which it is kept which servers want TLS (STS); None: that is forgotten when we end.
        `watch` is who reads the server's clock.
        """
        self._network = network
        self._now = now
        self._policies = Policies(state and state / POLICIES)
        self._listener = Listener(heard, ready, now, heard_until, self._keep_policy, watch)
        self._stay: Stay | None = None
        self._left_over: tuple[Message, ...] = ()
        self._twins = TwinWatch()
        self._stopping = asyncio.Event()
        self.counts = Counts()

    @property
    def online(self) -> bool:
        """We are registered with the network now."""
        return self._stay is not None and self._stay.online

    @property
    def nick(self) -> str | None:
        """The nick that we have now; None: we are not on."""
        return self._stay.session.nick if self._stay and self._stay.online else None

    def present(self, channel: str) -> bool:
        """We are in that channel now."""
        return self._stay is not None and self._stay.online and self._stay.session.present(channel)

    def takes(self, channel: str) -> bool:
        """Whether what became of entries can be said in a channel now; `ready` is called when that may have changed."""
        return self._stay is not None and self._stay.takes(channel)

    def say(
        self,
        target: str,
        text: str,
        importance: Importance = Importance.ANSWER,
        became: Callable[[bool], None] | None = None,
    ) -> bool:
        """Say one line to a channel or to a nick, when its turn comes.

        Control characters become blanks; what does not fit in an IRC line is cut and ends in ``…``. False: we are not
        there now, or too much is waiting already, and nothing was queued. What is not known to have arrived when a
        connection ends is said again on the next one, and what a channel does not let us say when it does, within ten
        minutes. What became of entries (`Importance.OUTCOME`) is always taken. `became` is called once it is sure that
        a line has arrived (True), or has not and will not (False).
        """
        message = Message(target, text, asyncio.get_running_loop().time(), importance, became)
        if self._stay and self._stay.say(message):
            return True
        if importance is not Importance.OUTCOME:
            return False
        if self._stay:
            self._stay.keep(message)
        else:
            self._left_over = (*self._left_over, message)
        return True

    def ask_time(self) -> None:
        """Have the server show its clock, if we are on and it tells times."""
        if self._stay:
            self._stay.ask_time()

    async def run(self) -> None:
        """Stay on the network until `stop`, with all its servers in turn, waiting between attempts.

        Raises RefusedForGood if every server refuses us for good before one of them ever let us in; later such a
        refusal is waited out like any other trouble, for by then somebody relies on us.
        """
        failures = absent = refusals = 0
        let_in = False
        servers = itertools.cycle(self._network.servers)
        route = self._route(next(servers))
        while not self._stopping.is_set():
            end, registered = await self._stay_on(route)
            if self._stopping.is_set():
                break
            if end.upgrade:
                log.warning("%s: %s wants TLS at port %d (STS)", self._network.name, route.server.host, end.upgrade)
                route = Route(settings.Server(route.server.host, end.upgrade), self._network.sts)
                continue
            let_in = let_in or registered
            refusals = refusals + 1 if end.for_good else 0
            if not let_in and refusals >= len(self._network.servers):
                raise RefusedForGood(self._network.name, end.why)
            if end.absent:
                absent += 1
            else:
                absent, failures = 0, 1 if end.online >= HEALTHY else failures + 1
            seconds = wait(self._network.backoff, failures, random.random(), absent)
            log.warning("%s: lost: %s; next try in %.1f s", self._network.name, end.why, seconds)
            await wait_for_event(self._stopping, seconds)
            route = self._route(next(servers))
        self._forget_left_over()
        log.info("%s: left", self._network.name)

    def hold(self, held: bool) -> None:
        """Whether to read nothing more for now. A connection that begins meanwhile is read until this is told again."""
        if self._stay:
            self._stay.hold(held)

    def stop(self) -> None:
        """Say goodbye to the server; `run` returns within two seconds."""
        self._stopping.set()
        if self._stay:
            self._stay.leave()

    async def _stay_on(self, route: Route) -> tuple[ConnectionEnd, bool]:
        """One stay; why it ended, and whether we were registered."""
        stay = Stay(self._network, route, self._listener, self._left_over, self.counts, self._twins)
        self._stay = stay
        try:
            return await stay.run(), stay.registered.is_set()
        finally:
            self._stay = None
            self._left_over = stay.left_over()
            left = len(self._left_over)
            if left and not self._stopping.is_set():
                log.info("%s: %d lines of ours are left for the next connection", self._network.name, left)

    def _route(self, server: settings.Server) -> Route:
        return self._policies.route(server, self._network.tls, self._network.sts, self._now())

    def _keep_policy(self, server: settings.Server, seconds: int) -> None:
        self._policies.keep(server, seconds, self._now())

    def _forget_left_over(self) -> None:
        if self._left_over:
            self.counts.unsaid += len(self._left_over)
            log.warning("%s: %d lines of ours are not said any more", self._network.name, len(self._left_over))
            for message in self._left_over:
                message.give_up()
            self._left_over = ()


async def probe(
    network: settings.Network,
    state: Path | None = None,
    watch: Watch = NOBODY_WATCHES,
    shut_out: Callable[[str, str], None] | None = None,
) -> str:
    """Register with the network as the bot would, and leave; one line for people about how that went.

    Where `shut_out` is given, its channels are entered before: it hears which of them did not let us in, and why.
    Its servers are tried in turn, each once; which of them want TLS (STS) is looked up in the folder `state`, where
    nothing is written; `watch` reads their clocks. Raises RefusedForGood if the last of them refuses us for good, and
    ConnectionError, with words for people, if it cannot be reached or lets us wait.
    """
    visited = network if shut_out else dataclasses.replace(network, channels=())
    policies = Policies(state and state / POLICIES)
    end = ConnectionEnd("it has no servers")
    for server in network.servers:
        route = policies.route(server, network.tls, network.sts, datetime.now(UTC))
        nick, twin, end = await _visit(visited, route, watch, shut_out)
        if end.upgrade:
            route = Route(settings.Server(server.host, end.upgrade), network.sts)
            nick, twin, end = await _visit(visited, route, watch, shut_out)
        if nick:
            account = network.sasl[0].account if network.sasl else ""
            login = f", logged in{f' as {account}' if account else ''}" if network.sasl else ""
            verified = "TLS, certificate pinned" if route.tls and route.tls.fingerprints else "TLS verified"
            where = f"{route.server.host}:{route.server.port}"
            taken = ""
            if nick != network.nick:
                taken = f"; the nick {network.nick} is taken, by labsbot itself if it runs now"
            if twin:
                taken = f"; {shown(twin)} is there with the same account: this bot at work, or another one"
            return f"registered as {shown(nick)} on {where} ({verified if route.tls else 'plain text'}{login}){taken}"
    if end.for_good:
        raise RefusedForGood(network.name, end.why)
    raise ConnectionError(end.why)


LOOKING_UP = 5.0
"""Seconds that a server has to say who has the nick that we want."""


async def _visit(
    network: settings.Network, route: Route, watch: Watch, shut_out: Callable[[str, str], None] | None
) -> tuple[str | None, str, ConnectionEnd]:
    """Leave as soon as we are in, and in its channels; the nick that we had, None: we never were in; and who has the
    nick that we want, if they are logged in to our account."""
    waiting = {channel.name for channel in network.channels}
    all_tried = asyncio.Event()

    def tried(channel: str, why: str | None) -> None:
        if channel in waiting and why and shut_out:
            shut_out(channel, why)
        waiting.discard(channel)
        if not waiting:
            all_tried.set()

    listener = Listener(
        heard=lambda news: tried(news.channel, None) if isinstance(news, Entered) else None,
        ready=lambda: None,
        now=lambda: datetime.now(UTC),
        heard_until=lambda channel: None,
        policy=lambda server, seconds: None,
        watch=watch,
        shut_out=tried,
    )
    stay = Stay(network, route, listener, (), Counts(), TwinWatch())
    running = asyncio.ensure_future(stay.run())
    nick, twin = None, ""
    if await _unless(running, stay.registered.wait()):
        nick = stay.session.nick
        if waiting:
            await _unless(running, asyncio.wait_for(all_tried.wait(), ENTERING + len(waiting)))
        for channel in tuple(waiting):
            tried(channel, "no answer to our JOIN")
        twin = await _twin(stay, running, network.nick)
    stay.leave()
    return nick, twin, await running


async def _twin(stay: Stay, running: asyncio.Future[ConnectionEnd], wanted: str) -> str:
    """Who has the nick that we want and is logged in to our account."""
    if stay.session.nick == wanted or not stay.session.account:
        return ""
    stay.look_up(wanted)
    await _unless(running, asyncio.wait_for(stay.looked_up.wait(), LOOKING_UP))
    return next(iter(stay.session.twins), "")


async def _unless(running: asyncio.Future[ConnectionEnd], awaited: Coroutine[Any, Any, Any]) -> bool:
    """Wait for something, unless a stay ends before; whether it came."""
    waiting = asyncio.ensure_future(awaited)
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    came = waiting.done() and waiting.exception() is None
    waiting.cancel()
    await asyncio.wait({waiting})
    return came
