"""Run all networks: what is heard on any of them comes out in one queue, and messages go to each.

They are independent: a network that is down, or refuses us, does not affect the others; and so are they when networks
come and go while the bot runs.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from labsbot.irc import NOBODY_WATCHES, Client, Counts, RefusedForGood, Watch
from labsbot.model import CaughtUp, Entered, Importance, News, Privmsg
from labsbot.settings import Network

log = logging.getLogger("labsbot.chat.networks")

REFUSED = 300.0
"""Seconds after which we try a network again that refused us, while there are others."""
MUCH, LITTLE = 5000, 1000
"""When so many news of one network wait we stop reading there, and begin again when so few are left. In between the
server keeps what we do not read: that takes its memory, not ours."""


class RefusedEverywhere(Exception):
    """Every network refuses us for good: nothing can be heard."""


class Networks:
    """All networks: what was heard on any of them, and a way to speak on each."""

    def __init__(
        self,
        networks: Sequence[Network],
        ready: Callable[[], None],
        now: Callable[[], datetime],
        heard_until: Callable[[str, str], datetime | None],
        state: Path,
        watch: Callable[[str], Watch] = lambda network: NOBODY_WATCHES,
    ) -> None:
        """The arguments are those of a `Client`, for each network."""
        self.heard: asyncio.Queue[News] = asyncio.Queue()
        """Whoever takes something out of it calls `done` afterwards."""
        self._waiting: Counter[str] = Counter()
        self._moved = 0.0
        """When something was dealt with last, or began to wait where nothing did, by the loop's clock."""
        self._lines = 0
        """How many of those that wait are messages."""
        self._held: set[str] = set()
        self._ready = ready
        self._now = now
        self._heard_until = heard_until
        self._state = state
        self._watch = watch
        self._clients: dict[str, Client] = {}
        self._to_begin: list[tuple[str, Client]] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        """The newest client of each name, at work or done."""
        self._places: list[tuple[str, str]] = []
        self._catching_up: set[tuple[str, str]] = set()
        self._refusing: set[str] = set()
        self._stopping = False
        self._changed = asyncio.Event()
        """There is something to begin, or we are to stop."""
        self._adopt(networks)
        self._as_started = True
        """No other settings were taken up yet."""

    def take_up(self, networks: Sequence[Network]) -> None:
        """Let these be the networks from now on, with these settings; on what has not changed nothing happens."""
        wanted = {each.name for each in networks}
        for name in [name for name in self._clients if name not in wanted]:
            log.warning("network %s is not configured any more: leaving", name)
            self._clients.pop(name).stop()
        self._adopt(networks)
        self._as_started = False

    def _adopt(self, networks: Sequence[Network]) -> None:
        for each in networks:
            if client := self._clients.get(each.name):
                client.take_up(each)
            else:
                self._add(each)
        self._places = [(each.name, channel.name) for each in networks for channel in each.channels]
        self._changed.set()

    def _add(self, network: Network) -> None:
        name = network.name
        heard_until = functools.partial(self._heard_until, name)
        client = Client(network, self._hear, self._ready, self._now, heard_until, self._state, self._watch(name))
        self._clients[name] = client
        self._to_begin.append((name, client))

    async def run(self) -> None:
        """Stay on every network until `stop`. Raises RefusedEverywhere if all of them refuse us for good at the
        start."""
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                for name, client in self._to_begin:
                    staying = self._stay_on(name, client, self._running.get(name))
                    self._running[name] = group.create_task(staying, name=f"network {name}")
                self._to_begin.clear()
                await self._changed.wait()
                self._changed.clear()

    async def _stay_on(self, name: str, client: Client, before: asyncio.Task[None] | None) -> None:
        """Stay on one network, as soon as the client of that name `before` has left: it may still have our nick."""
        if before:
            await asyncio.wait([before])
        while True:
            try:
                await client.run()
                return
            except RefusedForGood as refusal:
                log.error("network %s refuses us: %s", name, refusal.reason)
                self._refusing.add(name)
                if self._as_started and self._refusing == self._clients.keys():
                    raise RefusedEverywhere(f"every network refuses us; {name}: {refusal.reason}") from refusal
            await client.pause(REFUSED)

    def counts(self) -> dict[str, Counts]:
        """The figures of each network since the start."""
        return {name: client.counts for name, client in self._clients.items()}

    def online(self) -> dict[str, bool]:
        """Whether we are registered with each network now."""
        return {name: client.online for name, client in self._clients.items()}

    def presences(self) -> dict[tuple[str, str], bool]:
        """Whether we are in each channel now."""
        return {place: self._clients[place[0]].present(place[1]) for place in self._places}

    def ask_time(self) -> None:
        """Ask all servers for their time."""
        for client in self._clients.values():
            client.ask_time()

    def stop(self) -> None:
        """Say goodbye everywhere; `run` returns soon."""
        self._stopping = True
        self._changed.set()
        for client in self._clients.values():
            client.stop()

    def _hear(self, news: News) -> None:
        if isinstance(news, Entered):
            self._catching_up.add((news.network, news.channel))
        if not self._waiting.total():
            self._moved = asyncio.get_running_loop().time()
        self.heard.put_nowait(news)
        self._lines += isinstance(news, Privmsg)
        self._waiting[news.network] += 1
        if self._waiting[news.network] >= MUCH:
            if news.network not in self._held:
                log.warning("network %s sends more than we can process: not reading there for a while", news.network)
            self._held.add(news.network)
            self._hold(news.network, True)

    def done(self, news: News) -> None:
        """News taken from `heard` were processed."""
        if isinstance(news, CaughtUp):
            self.caught_up(news.network, news.channel)
        self._moved = asyncio.get_running_loop().time()
        self._lines -= isinstance(news, Privmsg)
        self._waiting[news.network] -= 1
        if news.network in self._held and self._waiting[news.network] <= LITTLE:
            self._held.discard(news.network)
            self._hold(news.network, False)
        self.heard.task_done()

    def _hold(self, network: str, held: bool) -> None:
        if client := self._clients.get(network):  # one that is leaving ends by itself
            client.hold(held)

    def held_up(self) -> float:
        """Seconds for which something waits, and nothing was dealt with."""
        return asyncio.get_running_loop().time() - self._moved if self._waiting.total() else 0.0

    def unheard(self) -> int:
        """Forget the news that nobody will process to the end any more; returns how many messages they were."""
        while not self.heard.empty():
            self.heard.get_nowait()
        lines, self._lines = self._lines, 0
        return lines

    def caught_up(self, network: str, channel: str) -> None:
        """Everything that was said in a channel while we were away has been processed."""
        self._catching_up.discard((network, channel))
        self._ready()

    def present(self, network: str, channel: str) -> bool:
        """Whether we are in that channel now and have caught up; False for a network that is no longer configured."""
        client = self._clients.get(network)
        return client is not None and client.present(channel) and (network, channel) not in self._catching_up

    def places(self) -> Collection[tuple[str, str]]:
        """Every channel, with its network."""
        return self._places

    def takes(self, network: str, channel: str) -> bool:
        """Whether an outcome can be said there now: we are there, may speak, and not too much waits."""
        return self.present(network, channel) and self._clients[network].takes(channel)

    def say(
        self,
        network: str,
        target: str,
        text: str,
        importance: Importance,
        became: Callable[[bool], None] | None = None,
    ) -> bool:
        """Say one line; False: we are not there, or too much waits, and it will not be said.

        Outcomes are always taken; `became` is called as soon as we know that the line has arrived, or will not: at once
        for a channel that is not configured any more.
        """
        client = self._clients.get(network)
        if importance.recorded and (client is None or (network, target) not in self._places):
            if became:
                became(False)
            return False
        return client is not None and client.say(target, text, importance, became)
