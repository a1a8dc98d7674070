"""Lines come in at a steady pace, each at its moment; how long each took to be accepted goes out.

A line is accepted when what it becomes is on the disk (``synchronous=FULL``). It is timed from the moment in which it
was due: whoever holds up the loop holds up the lines behind, and that counts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count

from labsbot.desk.irc_lines import IrcLines
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Privmsg, Sender
from labsbot.service.logs import size_on_page
from labsbot.settings import Channel, Limit, PageSettings
from tests.nouns import a_directory, a_front_desk

Place = tuple[str, str]
"""Network and channel."""
PEOPLE = 50
USUAL = PageSettings()
WITHOUT_END = Limit(lines=10**9, bytes=10**12)
_numbers = count()


def desk(journal: Journal, places: Sequence[Place], projects: Sequence[str], page: PageSettings = USUAL) -> IrcLines:
    """A front desk for these channels, in each of which anybody may log to any of the projects."""
    directory = a_directory(*projects)
    rules = {place: ChannelRules(Channel(place[1], None, page, limit=WITHOUT_END), directory) for place in places}
    return a_front_desk(journal.entries, rules, size=size_on_page)


def line(place: Place, project: str) -> Privmsg:
    number = next(_numbers)
    nick = f"nick{number % PEOPLE}"
    text = f"!log {project} restarted what needed it ({number})"
    return Privmsg(*place, Sender(nick, "user", f"{nick}.example"), text, datetime.now(UTC), None, f"m{number}")


async def accepted(lines: IrcLines, each: Callable[[int], Privmsg], number: int, rate: float) -> list[float]:
    """So many lines, so many a second; the seconds that each took. Raises AssertionError where one is refused."""
    started = time.perf_counter()
    taken: list[float] = []

    async def finish(begun, due: float) -> None:
        reply = await begun
        taken.append(time.perf_counter() - due)
        assert reply is None, reply

    async with asyncio.TaskGroup() as under_way:
        for turn in range(number):
            due = started + turn / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            under_way.create_task(finish(lines.hear(each(turn)), due))
    return taken
