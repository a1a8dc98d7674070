"""Connect the clocks that ours is compared with: the wiki's is asked, a network's told by who watches it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from labsbot.irc import Watch
from labsbot.model import ClockReading, WikiFailure
from labsbot.service.clocks import Clocks
from labsbot.service.logs import wiki_for_people
from labsbot.service.machine_clock import steady, utc_now
from labsbot.settings import MediaWikiSettings, Network, Settings
from labsbot.wiki.reader import Reader

log = logging.getLogger("labsbot.service.outside_clocks")


def outside_clocks(
    settings: Settings,
    reader: Reader,
    networks: Callable[[], Iterable[Network]],
    ask_networks: Callable[[], None] = lambda: None,
) -> Clocks:
    """The clocks that ours is compared with; `networks` are those of now, and `ask_networks` has all show theirs."""
    by_proxy: set[str] = set()

    async def addresses(host: str) -> frozenset[str]:
        # one that was reached so before stays so
        by_proxy.update(server.host for network in networks() if network.proxy for server in network.servers)
        if host in by_proxy:
            return frozenset()  # what is reached by a proxy is not for our resolver to know
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
        except OSError:
            return frozenset()
        return frozenset(str(address[0]) for *_, address in found)

    async def ask() -> ClockReading | None:
        try:
            return await reader.clock(steady)
        except WikiFailure as failure:
            log.debug("the wiki's clock cannot be read: %s", failure)
            return None

    wiki = (wiki_for_people(settings.wiki), ask) if isinstance(settings.wiki, MediaWikiSettings) else None
    return Clocks(utc_now, steady, addresses, wiki, ask_networks)


def watch_for(clocks: Clocks) -> Callable[[str], Watch]:
    """Who reads the clocks of a network's servers."""
    return lambda network: Watch(steady, lambda server, reading: clocks.heard(network, server.host, reading))
