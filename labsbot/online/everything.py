"""Try all that a configuration says, at the same time: wiki, networks, sources, clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable

from labsbot import projects
from labsbot.online.network import try_network
from labsbot.online.outcome import PATIENCE, Outcome
from labsbot.online.wiki import try_wiki
from labsbot.people import roster
from labsbot.refreshed import SourceFailure
from labsbot.service.clock_verdict import ClockKind, in_words
from labsbot.service.clocks import Clocks
from labsbot.service.logs import other_log_at_rest
from labsbot.service.outside_clocks import outside_clocks, watch_for
from labsbot.service.sources import of_people, of_projects, sources
from labsbot.settings import Listed, ListedPeople, Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader


async def check(settings: Settings) -> list[tuple[str, Outcome]]:
    """Log in to the wiki and to every network at the same time, ask every source once, and leave again."""
    reader = Reader(open_wiki(settings.wiki))
    clocks = outside_clocks(settings, reader, lambda: settings.networks)
    watch = watch_for(clocks)
    checks = [
        ("wiki", try_wiki(open_wiki(settings.wiki, other_log_at_rest(settings, reader)), settings)),
        *((network.name, try_network(network, settings.state, watch(network.name))) for network in settings.networks),
        *(
            ("projects", _asked(projects.called(source.origin), projects.probe(source, of_projects(reader))))
            for source in dict.fromkeys(sources(settings))
            if not isinstance(source.origin, Listed)
        ),
        *(
            ("people", _asked(roster.called(source.origin), roster.probe(source.origin, of_people(reader))))
            for source in settings.people
            if not isinstance(source.origin, ListedPeople)
        ),
    ]
    outcomes = await asyncio.gather(*(outcome for _, outcome in checks))
    clock = await _clock(clocks)
    reader.close()
    found = [(name, outcome) for (name, _), several in zip(checks, outcomes, strict=True) for outcome in several]
    return [*found, ("clock", clock)]


async def _asked(called: str, answer: Awaitable[str]) -> list[Outcome]:
    try:
        async with asyncio.timeout(PATIENCE):
            return [Outcome(False, await answer)]
    except SourceFailure as failure:
        return [Outcome(True, f"{called}: {failure.cause}")]
    except TimeoutError:
        return [Outcome(True, f"{called}: no answer within {PATIENCE:.0f} s")]


async def _clock(clocks: Clocks) -> Outcome:
    """With the clocks of all networks that let us in. If they have to be believed instead, this machine is at fault."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await clocks.ask()
    await clocks.find_addresses()
    ours_is_wrong = clocks.believed or clocks.verdict.kind is ClockKind.TOO_FAR
    return Outcome(ours_is_wrong, in_words(clocks.verdict))
