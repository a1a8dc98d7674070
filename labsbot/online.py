"""``labsbot check --online``: does the wiki let us in, does each network? Settings in, one outcome each out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from labsbot import irc
from labsbot.model import WikiFailure
from labsbot.settings import Network, Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.worker import Worker

PATIENCE = 30.0
"""Seconds that the wiki and each network have for their answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    failed: bool
    words: str


async def check(settings: Settings) -> list[tuple[str, Outcome]]:
    """Log in to the wiki and to every network at the same time, and leave again."""
    names = ["wiki", *(network.name for network in settings.networks)]
    outcomes = await asyncio.gather(_wiki(settings), *(_network(network) for network in settings.networks))
    return list(zip(names, outcomes, strict=True))


async def _wiki(settings: Settings) -> Outcome:
    wiki = open_wiki(settings.wiki)
    worker = Worker(wiki)
    try:
        await worker.call(wiki.login, deadline=PATIENCE)
        page = await worker.call(wiki.look, settings.page.title_for(settings.projects[0].name), deadline=PATIENCE)
    except WikiFailure as failure:
        return Outcome(True, failure.cause)
    finally:
        worker.close()
    return Outcome(False, f"lets us in; the log of {settings.projects[0].name} is at {page.url}")


async def _network(network: Network) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE):
            return Outcome(False, await irc.probe(network))
    except irc.RefusedForGood as refusal:
        return Outcome(True, refusal.reason)
    except TimeoutError:
        return Outcome(True, f"no answer within {PATIENCE:.0f} s")
    except OSError as failure:
        return Outcome(True, str(failure))
