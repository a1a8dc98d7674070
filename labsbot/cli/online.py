"""``labsbot check --online``: may we write to the wiki, are we let into each channel, does each source answer?

Settings in, outcomes out. Nothing is written; each channel is entered, and left again.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from labsbot import irc, projects
from labsbot.model import Refused, Wiki, WikiFailure
from labsbot.people import roster
from labsbot.refreshed import SourceFailure
from labsbot.service.clock_verdict import ClockKind, in_words
from labsbot.service.clocks import Clocks
from labsbot.service.logs import listed_titles, other_log_at_rest
from labsbot.service.machine_clock import utc_now
from labsbot.service.outside_clocks import outside_clocks, watch_for
from labsbot.service.sources import of_people, of_projects, sources
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
    clocks = outside_clocks(settings, reader)
    watch = watch_for(clocks)
    checks = [
        ("wiki", _wiki(open_wiki(settings.wiki, other_log_at_rest(settings, reader)), settings)),
        *((network.name, _network(network, settings.state, watch(network.name))) for network in settings.networks),
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


async def _clock(clocks: Clocks) -> Outcome:
    """With the clocks of all networks that let us in. If they have to be believed instead, this machine is at fault."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await clocks.ask()
    await clocks.find_addresses()
    ours_is_wrong = clocks.believed or clocks.verdict.kind is ClockKind.TOO_FAR
    return Outcome(ours_is_wrong, in_words(clocks.verdict))


async def _wiki(wiki: Wiki, settings: Settings) -> list[Outcome]:
    """Whether it lets us in, and whether we may write there: to a project's log, and to the archive it gets next."""
    worker = Worker(wiki)
    place = _some_log(settings)
    try:
        await worker.call(wiki.login, deadline=PATIENCE)
        if place is None:
            return [Outcome(False, "lets us in")]
        project, title = place
        page = await worker.call(wiki.look, title, deadline=PATIENCE)
        archive = f"{page.title}/{utc_now().year}"
        obstacles = await worker.call(wiki.obstacles, page.title, archive, deadline=PATIENCE)
        redirected = await _redirects(wiki, worker, settings)
    except WikiFailure as failure:
        return [Outcome(True, str(failure))]
    finally:
        worker.close()
    reached = Outcome(False, f"lets us in; the log of {project} is at {page.url}")
    return [reached, *(Outcome(True, words) for words in obstacles), *redirected]


async def _redirects(wiki: Wiki, worker: Worker, settings: Settings) -> list[Outcome]:
    """Where the logs of listed projects are by a redirect, and those that lead where nothing is written."""
    found = []
    for title in listed_titles(settings)[:LOOKED_AT]:
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


def _some_log(settings: Settings) -> tuple[str, str] | None:
    """A project that is listed in the configuration, and the title of its log as its own channel writes it."""
    for network in settings.networks:
        for channel in network.channels:
            for source in channel.projects:
                if isinstance(source.origin, Listed) and source.origin.projects:
                    project = channel.project or source.prefix + source.origin.projects[0].name
                    return project, channel.page.title_for(project)
    return None


async def _asked(called: str, answer: Awaitable[str]) -> list[Outcome]:
    try:
        async with asyncio.timeout(PATIENCE):
            return [Outcome(False, await answer)]
    except SourceFailure as failure:
        return [Outcome(True, f"{called}: {failure.cause}")]
    except TimeoutError:
        return [Outcome(True, f"{called}: no answer within {PATIENCE:.0f} s")]


async def _network(network: Network, state: Path, watch: irc.Watch) -> list[Outcome]:
    """Whether it lets us in, and each of its channels does."""
    closed: dict[str, str] = {}
    patience = PATIENCE + len(network.channels)
    try:
        async with asyncio.timeout(patience):
            in_it = [Outcome(False, await irc.probe(network, state, watch, closed.__setitem__))]
    except irc.RefusedForGood as refusal:
        return [Outcome(True, refusal.reason)]
    except TimeoutError:
        return [Outcome(True, f"no answer within {patience:.0f} s")]
    except OSError as failure:
        return [Outcome(True, str(failure))]
    return [*in_it, *(Outcome(True, f"{channel}: {_with_advice(why, network)}") for channel, why in closed.items())]


def _with_advice(why: str, network: Network) -> str:
    """What a server said of a channel that did not let us in, and what to do about that."""
    numeric = re.search(r"\(([0-9]{3})\)$", why)
    advice = _ADVICE.get(numeric[1], "") if numeric else ""
    return f"{why}{advice.format(nick=network.nick)}"


_ADVICE = {
    "405": ": we are in as many channels as the network allows; take some away",
    "471": ": it is full (+l); have its operators raise the limit",
    "473": ": only who is invited gets in (+i); have its operators let us in for good (MODE +I {nick}!*@*)",
    "474": ": we are banned there (+b); have its operators lift the ban, or exempt us (MODE +e {nick}!*@*)",
    "475": ": it has a key (+k), and ours is missing or wrong; say it under “key” of the channel",
    "477": ": only who is logged in gets in (+r, +R); configure “sasl”, or “nickserv”",
    "489": ": only who came by TLS gets in (+z, +S); configure “tls”",
}
"""By the numeric of the refusal (modern.ircdocs.horse, and what servers use beyond it)."""
