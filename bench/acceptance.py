"""How fast a burst of lines is accepted with ``synchronous=FULL``, against the same lines one by one.

By the journal alone, which is handed what is accepted; and by the whole front desk, which hears lines.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import click

from labsbot.chat.networks import Networks
from labsbot.desk.catchup import CatchUp
from labsbot.desk.submission import ChannelRules
from labsbot.journal import Journal
from labsbot.model import Accepted, Entry, LineKey, Log, Owed, Privmsg, Sender, Told, place_of
from labsbot.service import stations, tasks
from labsbot.service.logs import size_on_page
from labsbot.settings import Channel, Network, PageSettings, Server
from tests.nouns import a_directory, a_front_desk

BURST = 1000
PEOPLE = 50
"""Who say a burst between them, so that nobody says too much."""
PLACE = ("bench", "#bench")

_numbers = count()
Burst = Callable[[int], Awaitable[None]]
"""Has so many lines accepted."""


def submission(number: int) -> Accepted:
    said = datetime.now(UTC)
    entry = Entry(
        f"sal-{said:%Y%m%d%H%M%S}-{number:07x}",
        *PLACE,
        f"nick{number % 5}",
        None,
        f"nick{number % 5}",
        f"restarted what needed it ({number})",
        said,
    )
    owed = Owed(Log(place_of(*PLACE), f"p{number % 20}"), said.date(), f"{said:%H:%M}")
    return Accepted(LineKey(*PLACE, f"m{number}", f"f{number}"), entry, (owed,), Told.NOTHING, said)


def line(number: int) -> Privmsg:
    person = f"nick{number // BURST}x{number % PEOPLE}"
    text = f"!log p{number % 20} restarted what needed it ({number})"
    return Privmsg(*PLACE, Sender(person, "user", f"{person}.example"), text, datetime.now(UTC), None, f"m{number}")


class Heard(Networks):
    """A network that tells what it is given."""

    def __init__(self, network: Network, folder: Path) -> None:
        super().__init__((network,), lambda: None, lambda: datetime.now(UTC), lambda *_: None, folder)

    async def tell(self, *lines: Privmsg) -> None:
        """Return when all is accepted."""
        for each in lines:
            self._hear(each)
        await self.heard.join()


@asynccontextmanager
async def front_desk(folder: Path, journal: Journal) -> AsyncIterator[Heard]:
    channel = Channel(PLACE[1], None, PageSettings())
    network = Network(PLACE[0], (Server("127.0.0.1", 1),), None, "labsbot", "x", (channel,))
    rules = ChannelRules(channel, a_directory(*(f"p{number}" for number in range(20))))
    networks = Heard(network, folder)
    lines = a_front_desk(journal.entries, {PLACE: rules}, size=size_on_page)
    at_work = asyncio.create_task(
        stations.front_desk(networks, CatchUp(journal.presences, lines.hear, [network]), Counter())
    )
    yield networks
    await tasks.cancel([at_work])


@dataclass(frozen=True)
class Speed:
    rate: float
    """Lines a second."""
    processor: float
    """Milliseconds of processor time that a line takes: what can be compared on a machine that others use, too."""


async def measure(burst: Burst, number: int) -> Speed:
    started, before = time.perf_counter(), time.process_time()
    await burst(number)
    took, used = time.perf_counter() - started, time.process_time() - before
    return Speed(number / took, used / number * 1000)


def show(where: str, turns: list[tuple[Speed, Speed]]) -> None:
    """What was measured by turns: all at once, and one by one."""
    for name, speeds in zip(("at once", "one by one"), zip(*turns, strict=True), strict=True):
        rates = [each.rate for each in speeds]
        processor = statistics.median(each.processor for each in speeds)
        print(
            f"{where:14} {name:10} {statistics.median(rates):6.0f} lines a second (slowest of {len(turns)}:"
            f" {min(rates):.0f}), processor {processor:.2f} ms a line"
        )
    times = statistics.median(burst.rate / single.rate for burst, single in turns)
    print(f"{where:14} at once, times one by one {times:.1f}")


async def acceptance(folder: Path, rounds: int) -> None:
    journal = Journal.open(folder / "journal.sqlite3")

    async def together(number: int) -> None:
        assert all(await asyncio.gather(*(journal.entries.accept(submission(next(_numbers))) for _ in range(number))))

    async def one_by_one(number: int) -> None:
        for _ in range(number):
            assert await journal.entries.accept(submission(next(_numbers)))

    async with front_desk(folder, journal) as networks:

        async def heard_together(number: int) -> None:
            await networks.tell(*(line(next(_numbers)) for _ in range(number)))

        async def heard_one_by_one(number: int) -> None:
            for _ in range(number):
                await networks.tell(line(next(_numbers)))

        for where, burst, single in (
            ("the journal", together, one_by_one),
            ("the front desk", heard_together, heard_one_by_one),
        ):
            # by turns, for the machine may be busy with other things
            show(where, [(await measure(burst, BURST), await measure(single, BURST // 10)) for _ in range(rounds)])
    accepted = journal.counts.accepted
    journal.close()
    assert accepted == next(_numbers), "every line became an entry"


@click.command()
@click.option("--rounds", default=9, show_default=True)
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
def main(rounds: int, folder: Path | None) -> None:
    """Measure acceptance with synchronous=FULL."""
    logging.disable()
    with tempfile.TemporaryDirectory(prefix="labsbot-acceptance-", dir=folder) as place:
        asyncio.run(acceptance(Path(place), rounds))


if __name__ == "__main__":
    main()
