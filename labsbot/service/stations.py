"""What goes on while the bot lives, and how it ends. Knows nothing of how its stations were built."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import Counter
from collections.abc import Awaitable, Iterator, Mapping, Sequence

from labsbot.chat.networks import Networks
from labsbot.delivery import Deliverer
from labsbot.desk.answer import About
from labsbot.desk.catchup import CatchUp
from labsbot.desk.irc_lines import Reply
from labsbot.model import Importance, News, WikiFailure
from labsbot.service import tasks
from labsbot.wiki.reader import Reader

log = logging.getLogger("labsbot.service.stations")

ENDING = 8.0
"""Seconds for goodbyes and for an edit under way; what is not done then is found in the journal at the next start."""

IN_A_ROW = 10
"""Pieces of news that are dealt with before everybody else in the loop gets their turn, at most: one may take half a
millisecond."""
MOST_BEGUN = 1000
"""Pieces of news that are begun and not finished, at most: what the journal commits and what waits there meanwhile."""


async def try_wiki(name: str, reader: Reader) -> None:
    """Say in the log whether the wiki lets us in, before there is anything to write."""
    try:
        await reader.login()
    except WikiFailure as failure:
        log.warning("wiki %s: %s; what is logged waits in the journal until that is mended", name, failure)
    else:
        log.info("wiki %s lets us in", name)


async def front_desk(networks: Networks, catch_up: CatchUp, answered: Counter[str]) -> None:
    """Deal with what was heard, in the order in which it was; count the answers by kind.

    A line is begun while those before it are on their way to the disk, so that a burst is committed together; all are
    finished in their order.
    """
    begun: asyncio.Queue[_Begun] = asyncio.Queue(MOST_BEGUN)
    async with asyncio.TaskGroup() as both:
        both.create_task(_begin(networks.heard, catch_up, begun))
        both.create_task(_finish(begun, networks, answered))


_Begun = tuple[News, Awaitable[Sequence[Reply]] | None]
"""What was heard, and what finishes it; None: it has failed."""


async def _begin(heard: asyncio.Queue[News], catch_up: CatchUp, begun: asyncio.Queue[_Begun]) -> None:
    for number in itertools.count():
        if number % IN_A_ROW == 0:
            await asyncio.sleep(0)  # a queue that is not empty gives way to nobody
        news = await heard.get()
        replies = None
        with _guard(news):
            replies = catch_up.hear(news)
        await begun.put((news, replies))


async def _finish(begun: asyncio.Queue[_Begun], networks: Networks, answered: Counter[str]) -> None:
    for number in itertools.count():
        if number % IN_A_ROW == 0:
            await asyncio.sleep(0)  # nor does what is on disk already
        news, replies = await begun.get()
        with _guard(news):
            for reply in await replies if replies is not None else ():
                answered[reply.about.name.lower()] += 1
                # what is for one person alone, such as that they said a secret aloud, is no mere refusal
                refusal = reply.about is not About.NOTE and reply.target == news.channel
                importance = Importance.REFUSAL if refusal else Importance.ANSWER
                networks.say(reply.network, reply.target, reply.text, importance)
        networks.done(news)


@contextlib.contextmanager
def _guard(news: News) -> Iterator[None]:
    """The guard of one line: nothing that is typed may end the bot."""
    try:
        yield
    except Exception:
        log.exception("a line on %s failed unexpectedly", news.network)


async def end(networks: Networks, deliverer: Deliverer, running: Mapping[str, asyncio.Task[None]]) -> None:
    """What was heard is still accepted, an edit under way may still get its answer; then it is enough."""
    networks.stop()
    deliverer.stop()
    last_words = asyncio.create_task(_last_words(networks, running["networks"]))
    last_things = [last_words, running["deliverer"]]
    await asyncio.wait(last_things, timeout=ENDING)
    await tasks.cancel([*running.values(), *last_things])
    if left := networks.unheard():
        # until when a channel was heard comes after them in the queue, and so is not kept either
        log.warning(
            "%d lines that were heard are not dealt with: the networks are asked for them at the next start", left
        )


async def _last_words(networks: Networks, station: asyncio.Task[None]) -> None:
    """Return when we have left and all that was heard until then is dealt with; until when that was, comes last."""
    await asyncio.wait([station])
    await networks.heard.join()
