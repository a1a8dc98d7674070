"""What goes on while the bot lives, and how it ends: stations run beside each other until one ends or a signal comes.

Knows nothing of how they were built.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from labsbot.chat.networks import Networks
from labsbot.delivery import Deliverer
from labsbot.desk.answer import About
from labsbot.desk.catchup import CatchUp
from labsbot.model import Importance, WikiFailure
from labsbot.wiki.reader import Reader

log = logging.getLogger("labsbot.service.stations")

ENDING = 8.0
"""Seconds for goodbyes and for an edit under way; what is not done then is found in the journal at the next start."""

IN_A_ROW = 50
"""Pieces of news that are dealt with before everybody else in the loop gets their turn, at least."""


async def try_wiki(name: str, reader: Reader) -> None:
    """Say in the log whether the wiki lets us in, before there is anything to write."""
    try:
        await reader.login()
    except WikiFailure as failure:
        log.warning("wiki %s: %s; what is logged waits in the journal until that is mended", name, failure)
    else:
        log.info("wiki %s lets us in", name)


async def front_desk(networks: Networks, catch_up: CatchUp, answered: Counter[str]) -> None:
    """Deal with what was heard, one after the other, in the order in which it was; count the answers by kind."""
    for number in itertools.count():
        if number % IN_A_ROW == 0:
            await asyncio.sleep(0)  # neither a queue that is not empty nor a line that needs no journal gives way
        news = await networks.heard.get()
        try:
            for reply in await catch_up.hear(news):
                answered[reply.about.name.lower()] += 1
                # what is for one person alone, such as that they said a secret aloud, is no mere refusal
                refusal = reply.about is not About.NOTE and reply.target == news.channel
                importance = Importance.REFUSAL if refusal else Importance.ANSWER
                networks.say(reply.network, reply.target, reply.text, importance)
        except Exception:  # the guard of one line: nothing that is typed may end the bot
            log.exception("a line on %s failed unexpectedly", news.network)
        finally:
            networks.done(news)


async def first_end(stations: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Wait for the signal to stop; a station that ends by itself ends all of it, with its own failure."""
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*stations, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    for station in done:
        if station is stopping:
            continue
        failure = station.exception()
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        raise failure or RuntimeError(f"{station.get_name()} ended by itself")


async def end(networks: Networks, deliverer: Deliverer, running: Mapping[str, asyncio.Task[None]]) -> None:
    """What was heard is still accepted, an edit under way may still get its answer; then it is enough."""
    networks.stop()
    deliverer.stop()
    last_words = asyncio.create_task(_last_words(networks, running["networks"]))
    last_things = [last_words, running["deliverer"]]
    await asyncio.wait(last_things, timeout=ENDING)
    await cancel([*running.values(), *last_things])
    if left := networks.unheard():
        # until when a channel was heard comes after them in the queue, and so is not kept either
        log.warning(
            "%d lines that were heard are not dealt with: the networks are asked for them at the next start", left
        )


async def _last_words(networks: Networks, station: asyncio.Task[None]) -> None:
    """Return when we have left and all that was heard until then is dealt with; until when that was, comes last."""
    await asyncio.wait([station])
    await networks.heard.join()


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
