"""Stay on one network for as long as the bot runs: what people say comes out, lines of ours go in.

It decides when to connect again, and to which server. What happens on a connection is left to `runner`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from labsbot import settings
from labsbot.edge.waits import wait_for_event
from labsbot.irc.attempts import Attempts, RefusedForGood
from labsbot.irc.changes import connected_otherwise
from labsbot.irc.counts import Counts
from labsbot.irc.duplicates import DuplicateMonitor
from labsbot.irc.listener import NOBODY_WATCHES, Listener, Watch
from labsbot.irc.runner import ConnectionEnd, SessionRunner
from labsbot.irc.send_queue import Message
from labsbot.irc.sts import Policies, Route
from labsbot.model import Importance, News

log = logging.getLogger("labsbot.irc")

TOLD_AGAIN = 600.0
"""Seconds after which the log is told once more that a network is away, for the same reason."""


class Client:
    """One network. To be used only in the loop in which `run` runs."""

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
        """`heard` gets all news, in order; `ready` is called whenever something may be said that could not be before.

        `now` is the wall clock (aware, UTC) that tells when a line arrived; `heard_until` knows until when a channel
        was heard before (None: never), so that we can ask the network what was said since. None of them may wait.
        `state` is the folder for the file that says which servers want TLS (STS); None: that is forgotten at the end.
        `watch` reads the server's clock.
        """
        self._network = network
        self._now = now
        self._policies = Policies.in_folder(state)
        self._listener = Listener(heard, ready, now, heard_until, self._keep_policy, watch)
        self._runner: SessionRunner | None = None
        self._deferred: tuple[Message, ...] = ()
        self._duplicates = DuplicateMonitor()
        self._stopping = False
        self._interrupted = asyncio.Event()
        """We are to stop, or to connect by other settings: what waits and what is connected ends."""
        self.counts = Counts()
        self._told: dict[str, float] = {}
        """Why there was no connection lately, and when the log was told so."""

    @property
    def online(self) -> bool:
        """Whether we are registered with the network now."""
        return self._runner is not None and self._runner.online

    @property
    def nick(self) -> str | None:
        """The nick that we have now; None: we are not registered."""
        return self._runner.session.nick if self._runner and self._runner.online else None

    def present(self, channel: str) -> bool:
        """Whether we are in that channel now."""
        return self._runner is not None and self._runner.online and self._runner.session.present(channel)

    def takes(self, channel: str) -> bool:
        """Whether an outcome can be said in a channel now; `ready` is called when that may have changed."""
        return self._runner is not None and self._runner.sender.takes(channel)

    def say(
        self,
        target: str,
        text: str,
        importance: Importance = Importance.ANSWER,
        became: Callable[[bool], None] | None = None,
    ) -> bool:
        """Say one line to a channel or to a nick, when its turn comes.

        Control characters become blanks; what does not fit in an IRC line is cut, and ends in ``…``. False: we are not
        there now, or too much is waiting, and nothing was queued. A message that may not have arrived when a connection
        ends is said again on the next one, and one that a channel refuses is said when it can be, within ten minutes.
        What is recorded as told (`Importance.recorded`) is always taken. `became` is called as soon as we know that the
        message has arrived (True), or that it will not (False).
        """
        message = Message(target, text, asyncio.get_running_loop().time(), importance, became)
        if self._runner and self._runner.sender.say(message):
            return True
        if not importance.recorded:
            return False
        if self._runner:
            self._runner.sender.defer(message)
        else:
            self._deferred = (*self._deferred, message)
        return True

    def ask_time(self) -> None:
        """Ask the server for its time, if we are on and it tells times."""
        if self._runner:
            self._runner.ask_time()

    def hold(self, held: bool) -> None:
        """Whether to stop reading for now. A new connection is read until this is called again."""
        if self._runner:
            self._runner.hold(held)

    def take_up(self, network: settings.Network) -> None:
        """Let other settings of the same network hold from now on.

        Channels come and go on the connection that there is. Where that was made with anything that is otherwise now,
        we leave, and connect anew.
        """
        before, self._network = self._network, network
        if changed := connected_otherwise(before, network):
            log.warning("%s: connecting anew, since other settings hold: %s", network.name, ", ".join(changed))
            self._interrupt()
        elif self._runner:
            self._runner.take_up(network)

    def stop(self) -> None:
        """Say goodbye to the server; `run` returns within two seconds."""
        self._stopping = True
        self._interrupt()

    def _interrupt(self) -> None:
        self._interrupted.set()
        if self._runner:
            self._runner.leave()

    async def pause(self, seconds: float) -> None:
        """Wait so long, or until we are to stop or other settings are to be tried."""
        await wait_for_event(self._interrupted, seconds)

    async def run(self) -> None:
        """Stay on the network until `stop`; after each connection, wait and try the next server.

        Raises RefusedForGood if every server refuses us for good before any has let us in.
        """
        while not self._stopping:
            self._interrupted.clear()
            await self._connect_again_and_again()
        self._give_up_deferred()
        log.info("%s: left", self._network.name)

    async def _connect_again_and_again(self) -> None:
        """By the settings that hold now, until interrupted."""
        attempts = Attempts(self._network.backoff, len(self._network.servers))
        servers = itertools.cycle(self._network.servers)
        route = self._route(next(servers))
        while not self._interrupted.is_set():
            end, registered = await self._run_session(route)
            if self._interrupted.is_set():
                break
            if end.upgrade:
                log.warning("%s: %s wants TLS at port %d (STS)", self._network.name, route.server.host, end.upgrade)
                route = route.upgraded(end.upgrade, self._network.sts)
                continue
            attempts.ended(end, registered)
            if attempts.hopeless:
                raise RefusedForGood(self._network.name, end.why)
            seconds = attempts.wait(random.random())
            level = logging.WARNING if registered or self._is_news(end.why) else logging.DEBUG
            log.log(level, "%s: no connection: %s; next try in %.1f s", self._network.name, end.why, seconds)
            await self.pause(seconds)
            route = self._route(next(servers))

    def _is_news(self, why: str) -> bool:
        """Whether nobody was told so for a while: a network that is away is tried many times an hour."""
        now = asyncio.get_running_loop().time()
        self._told = {each: told for each, told in self._told.items() if now - told < TOLD_AGAIN}
        return self._told.setdefault(why, now) == now

    async def _run_session(self, route: Route) -> tuple[ConnectionEnd, bool]:
        """One session: why it ended, and whether we were registered."""
        runner = SessionRunner(self._network, route, self._listener, self._deferred, self.counts, self._duplicates)
        self._runner = runner
        try:
            return await runner.run(), runner.registered.is_set()
        finally:
            self._runner = None
            self._deferred = runner.sender.rest()
            left = len(self._deferred)
            if left and not self._stopping:
                log.info("%s: %d messages of ours wait for the next connection", self._network.name, left)

    def _route(self, server: settings.Server) -> Route:
        return self._policies.route(server, self._network.tls, self._network.sts, self._now())

    def _keep_policy(self, server: settings.Server, seconds: int) -> None:
        self._policies.keep(server, seconds, self._now())

    def _give_up_deferred(self) -> None:
        if self._deferred:
            self.counts.unsaid += len(self._deferred)
            log.warning("%s: gave up %d messages of ours", self._network.name, len(self._deferred))
            for message in self._deferred:
                message.give_up()
            self._deferred = ()
