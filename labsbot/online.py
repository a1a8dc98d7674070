"""``labsbot check --online``: does the wiki let us in, each network, each source? Settings in, one outcome each out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from labsbot import irc, projects, roster, service
from labsbot.model import Refused, Wiki, WikiFailure
from labsbot.refreshed import SourceFailure
from labsbot.settings import Listed, ListedPeople, Network, Settings
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader
from labsbot.wiki.worker import Worker

PATIENCE = 30.0
"""Seconds that the wiki and each network have for their answer."""
LOOKED_AT = 100
"""So many logs are looked at whether a redirect stands there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    failed: bool
    words: str


async def check(settings: Settings) -> list[tuple[str, Outcome]]:
    """Log in to the wiki and to every network at the same time, ask every source once, and leave again."""
    reader = Reader(open_wiki(settings.wiki))
    sources = dict.fromkeys(service.sources(settings))
    checks = [
        ("wiki", _wiki(open_wiki(settings.wiki, service.other_log(settings, reader)), settings)),
        *((network.name, _network(network, settings.state)) for network in settings.networks),
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
    reader.close()
    return [(name, outcome) for (name, _), outcome in zip(checks, outcomes, strict=True)]


async def _wiki(wiki: Wiki, settings: Settings) -> Outcome:
    worker = Worker(wiki)
    project = _some_project(settings)
    try:
        await worker.call(wiki.login, deadline=PATIENCE)
        if project is None:
            return Outcome(False, "lets us in")
        page = await worker.call(wiki.look, settings.page.title_for(project), deadline=PATIENCE)
        redirected = await _redirects(wiki, worker, settings)
    except WikiFailure as failure:
        return Outcome(True, failure.cause)
    finally:
        worker.close()
    words = "; ".join([f"lets us in; the log of {project} is at {page.url}", *(each.words for each in redirected)])
    return Outcome(any(each.failed for each in redirected), words)


async def _redirects(wiki: Wiki, worker: Worker, settings: Settings) -> list[Outcome]:
    """Where the logs of listed projects are by a redirect, and those that lead where nothing is written."""
    found = []
    for title in service.listed_titles(settings)[:LOOKED_AT]:
        try:
            page = await worker.call(wiki.look, title, deadline=PATIENCE)
        except Refused as refusal:
            found.append(Outcome(True, f"“{title}”: {refusal.cause}"))
            continue
        if page.redirected:
            found.append(Outcome(False, f"“{title}” redirects to {page.url}"))
        elif page.to_be_replaced:
            found.append(Outcome(False, f"“{title}” redirects to an archive and gets a fresh page"))
    return found


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


async def _network(network: Network, state: Path) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE):
            return Outcome(False, await irc.probe(network, state))
    except irc.RefusedForGood as refusal:
        return Outcome(True, refusal.reason)
    except TimeoutError:
        return Outcome(True, f"no answer within {PATIENCE:.0f} s")
    except OSError as failure:
        return Outcome(True, str(failure))
