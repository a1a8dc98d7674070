"""How fast the journal accepts a burst, handed over at once, against the same lines one by one."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from labsbot.journal import Journal
from labsbot.model import Accepted, Entry, LineKey, Log, Owed, Told, place_of


def submission(number: int) -> Accepted:
    said = datetime.now(UTC)
    entry = Entry(
        f"sal-{said:%Y%m%d%H%M%S}-{number:07x}",
        "bench",
        "#bench",
        f"nick{number % 5}",
        None,
        f"nick{number % 5}",
        f"restarted what needed it ({number})",
        said,
    )
    owed = Owed(Log(place_of("bench", "#bench"), f"p{number % 20}"), said.date(), f"{said:%H:%M}")
    return Accepted(LineKey("bench", "#bench", f"m{number}", f"f{number}"), entry, (owed,), Told.NOTHING, said)


async def together(journal: Journal, lines: list[Accepted]) -> None:
    assert all(await asyncio.gather(*map(journal.accept, lines)))


async def one_by_one(journal: Journal, lines: list[Accepted]) -> None:
    for line in lines:
        assert await journal.accept(line)


async def measure(accept: Callable[[Journal, list[Accepted]], Awaitable[None]], journal: Journal, first: int) -> float:
    lines = [submission(number) for number in range(first, first + BURST)]
    started = time.perf_counter()
    await accept(journal, lines)
    return BURST / (time.perf_counter() - started)


BURST = 200


async def acceptance(folder: Path, rounds: int) -> None:
    journal = Journal.open(folder / "journal.sqlite3")
    for way in (together, one_by_one):
        rates = []
        for number in range(rounds):
            first = (rounds * (way is one_by_one) + number) * BURST
            rates.append(await measure(way, journal, first))
        rates.sort()
        name = way.__name__.replace("_", " ")
        print(f"{name:12} {statistics.median(rates):8.0f} lines a second (slowest of {rounds}: {rates[0]:.0f})")
    journal.close()


@click.command()
@click.option("--rounds", default=9, show_default=True)
@click.option("--in", "folder", type=click.Path(path_type=Path), help="A folder on the disk that is to be measured.")
def main(rounds: int, folder: Path | None) -> None:
    """Measure acceptance with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="labsbot-acceptance-", dir=folder) as place:
        asyncio.run(acceptance(Path(place), rounds))


if __name__ == "__main__":
    main()
