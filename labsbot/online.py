"""``labsbot check --online``: does the wiki let us in, each network, each source? Settings in, one outcome each out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from labsbot import irc, projects, roster, service
from labsbot.clocks import Clocks, in_words
from labsbot.model import Wiki, WikiFailure
from labsbot.refreshed import SourceFailure
from labsbot.settings import Listed, ListedPeople, Network, Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader
from labsbot.wiki.worker import Worker

PATIENCE = 30.0
"""Seconds that the wiki and each network have for their answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    failed: bool
    words: str


async def check(settings: Settings) -> list[tuple[str, Outcome]]:
    """Log in to the wiki and to every network at the same time, ask every source once, and leave again."""
    reader = Reader(open_wiki(settings.wiki))
    clocks = service.outside_clocks(settings, reader)
    watch_for = service.watch_for(clocks)
    sources = dict.fromkeys(service.sources(settings))
    checks = [
        ("wiki", _wiki(open_wiki(settings.wiki), settings)),
        *((network.name, _network(network, settings.state, watch_for(network.name))) for network in settings.networks),
        *(
            ("projects", _asked(projects.called(source.origin), projects.probe(source, service.of_projects(reader))))
            for source in sources
            if not isinstance(source.origin, Listed)
        ),
        *(
            ("people", _asked(roster.called(source.origin), roster.probe(source.origin, service.of_people(reader))))
            for source in settings.people
            if not isinstance(source.origin, ListedPeople)
        ),
    ]
    outcomes = await asyncio.gather(*(outcome for _, outcome in checks))
    clock = await _clock(clocks)
    reader.close()
    return [*((name, outcome) for (name, _), outcome in zip(checks, outcomes, strict=True)), ("clock", clock)]


async def _clock(clocks: Clocks) -> Outcome:
    """With the clocks of all networks that let us in. If they have to be believed instead, this machine is at fault."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await clocks.ask()
    await clocks.find_addresses()
    return Outcome(clocks.believed, in_words(clocks.verdict))


async def _wiki(wiki: Wiki, settings: Settings) -> Outcome:
    worker = Worker(wiki)
    project = _some_project(settings)
    try:
        await worker.call(wiki.login, deadline=PATIENCE)
        if project is None:
            return Outcome(False, "lets us in")
        page = await worker.call(wiki.look, settings.page.title_for(project), deadline=PATIENCE)
    except WikiFailure as failure:
        return Outcome(True, failure.cause)
    finally:
        worker.close()
    return Outcome(False, f"lets us in; the log of {project} is at {page.url}")


def _some_project(settings: Settings) -> str | None:
    listed = (source.origin.projects for source in service.sources(settings) if isinstance(source.origin, Listed))
    return next((project.name for of_one in listed for project in of_one), None)


async def _asked(called: str, answer: Awaitable[str]) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE):
            return Outcome(False, await answer)
    except SourceFailure as failure:
        return Outcome(True, f"{called}: {failure.cause}")
    except TimeoutError:
        return Outcome(True, f"{called}: no answer within {PATIENCE:.0f} s")


async def _network(network: Network, state: Path, watch: irc.Watch) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE):
            return Outcome(False, await irc.probe(network, state, watch))
    except irc.RefusedForGood as refusal:
        return Outcome(True, refusal.reason)
    except TimeoutError:
        return Outcome(True, f"no answer within {PATIENCE:.0f} s")
    except OSError as failure:
        return Outcome(True, str(failure))
