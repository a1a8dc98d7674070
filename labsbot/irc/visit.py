"""Try whether a network lets the bot in, and into its channels: register, join, and leave again."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labsbot import settings
from labsbot.edge.waits import wait_for_event
from labsbot.irc.attempts import RefusedForGood
from labsbot.irc.counts import Counts
from labsbot.irc.duplicates import DuplicateMonitor
from labsbot.irc.lines import shown
from labsbot.irc.listener import NOBODY_WATCHES, Listener, Watch
from labsbot.irc.runner import ConnectionEnd, SessionRunner
from labsbot.irc.sts import Policies, Route
from labsbot.model import Entered, News

JOINING = 10.0
"""Seconds, and one for each channel, that a server has to answer our JOINs."""
ASKING = 5.0
"""Seconds, and one for each channel, that a server has to tell the modes of those that we have entered."""
LOOKING_UP = 5.0
"""Seconds that a server has to say who has the nick that we want."""

ShutOut = Callable[[str, str], None]
"""Is told which channel refused us, or would not let us speak, and why."""
MODERATED = "only those with a rank may speak there (+m), and we have none"


async def probe(
    network: settings.Network,
    state: Path | None = None,
    watch: Watch = NOBODY_WATCHES,
    shut_out: ShutOut | None = None,
) -> str:
    """Register with the network as the bot would, and leave; returns one line for people about how that went.

    With `shut_out` its channels are joined, too: it is told which of them refused us, or would not let us speak, and
    why. Each of the servers is
    tried once. Which of them want TLS (STS) is read from the folder `state`, where nothing is written; `watch` reads
    their clocks. Raises RefusedForGood if the last server refuses us for good, and ConnectionError, with words for
    people, if it cannot be reached or does not answer.
    """
    visited = network if shut_out else dataclasses.replace(network, channels=())
    policies = Policies.in_folder(state)
    end = ConnectionEnd("it has no servers")
    for server in network.servers:
        route = policies.route(server, network.tls, network.sts, datetime.now(UTC))
        visit = Visit(visited, route, watch, shut_out)
        end = await visit.run()
        if end.upgrade:
            visit = Visit(visited, route.upgraded(end.upgrade, network.sts), watch, shut_out)
            end = await visit.run()
        if visit.nick:
            return visit.report()
    if end.for_good:
        raise RefusedForGood(network.name, end.why)
    raise ConnectionError(end.why)


class Visit:
    """One short session."""

    def __init__(self, network: settings.Network, route: Route, watch: Watch, shut_out: ShutOut | None) -> None:
        self._network = network
        self._route = route
        self._shut_out = shut_out
        self._waiting = {channel.name for channel in network.channels}
        self._all_tried = asyncio.Event()
        self._entered: list[str] = []
        self._modes: dict[str, str] = {}
        """Of those that we have entered, as far as the server told."""
        self._all_told = asyncio.Event()
        listener = Listener(
            heard=self._hear,
            ready=lambda: None,
            now=lambda: datetime.now(UTC),
            heard_until=lambda channel: None,
            policy=lambda server, seconds: None,
            watch=watch,
            shut_out=self._tried,
            modes_told=self._told,
        )
        self._runner = SessionRunner(network, route, listener, (), Counts(), DuplicateMonitor())
        self.nick = ""
        """The nick that we had; empty: we were not registered."""
        self._duplicate = ""
        """Who has the nick that we want, if they are logged in to our account."""

    async def run(self) -> ConnectionEnd:
        """Leave as soon as we are registered and have tried to join the channels; returns how it ended."""
        running = asyncio.ensure_future(self._runner.run())
        if await _unless(running, self._runner.registered.wait()):
            self.nick = self._runner.session.nick
            if self._waiting:
                await _unless(running, wait_for_event(self._all_tried, JOINING + len(self._waiting)))
            for channel in tuple(self._waiting):
                self._tried(channel, "no answer to our JOIN")
            await self._see_who_may_speak(running)
            await self._look_for_duplicate(running)
        self._runner.leave()
        return await running

    async def _see_who_may_speak(self, running: asyncio.Future[ConnectionEnd]) -> None:
        if not self._entered:
            return
        self._runner.ask_modes(self._entered)
        await _unless(running, wait_for_event(self._all_told, ASKING + len(self._entered)))
        for channel, modes in self._modes.items():
            if "m" in modes and self._shut_out and not self._runner.session.people.ranks(self.nick, channel):
                self._shut_out(channel, MODERATED)

    def _told(self, channel: str, modes: str) -> None:
        self._modes[channel] = modes
        if len(self._modes) == len(self._entered):
            self._all_told.set()

    async def _look_for_duplicate(self, running: asyncio.Future[ConnectionEnd]) -> None:
        session = self._runner.session
        if session.nick != self._network.nick and session.account:
            self._runner.look_up(self._network.nick)
            await _unless(running, wait_for_event(self._runner.looked_up, LOOKING_UP))
            self._duplicate = next(iter(session.duplicates), "")

    def _hear(self, news: News) -> None:
        if isinstance(news, Entered):
            self._tried(news.channel, "")

    def _tried(self, channel: str, refusal: str) -> None:
        """A channel answered our JOIN; `refusal`: why it refused us, empty: it let us in."""
        if channel in self._waiting and not refusal:
            self._entered.append(channel)
        if channel in self._waiting and refusal and self._shut_out:
            self._shut_out(channel, refusal)
        self._waiting.discard(channel)
        if not self._waiting:
            self._all_tried.set()

    def report(self) -> str:
        """How it went, for people, if we were registered."""
        network, tls = self._network, self._route.tls
        verified = "TLS, certificate pinned" if tls and tls.fingerprints else "TLS verified"
        account = network.sasl[0].account if network.sasl else ""
        login = f", logged in{f' as {account}' if account else ''}" if network.sasl else ""
        taken = ""
        if self.nick != network.nick:
            taken = f"; the nick {network.nick} is taken, by labsbot itself if it runs now; else choose another"
        if self._duplicate:
            taken = f"; {shown(self._duplicate)} is logged in to the same account: this bot at work, or another one"
        security = verified if tls else "plain text"
        return f"registered as {shown(self.nick)} on {self._route.where} ({security}{login}){taken}"


async def _unless(running: asyncio.Future[ConnectionEnd], awaited: Coroutine[Any, Any, bool]) -> bool:
    """Wait for something that may come true, unless a session ends first; whether it came true."""
    waiting = asyncio.ensure_future(awaited)
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    came = waiting.done() and waiting.result()
    waiting.cancel()
    await asyncio.wait({waiting})
    return came
