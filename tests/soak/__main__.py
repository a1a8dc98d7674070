"""``python -m tests.soak MINUTES``: the bot over a bad line to a server that forgets; figures as a table.

Exit status 1 if a line that the server kept is missing, doubled or out of order, if the bot knows nothing of what is
lost, or if it reports errors; the bot's log, journal and pages are then kept.
"""

from __future__ import annotations

import asyncio
import functools
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import click

from tests.soak.figures import Figures, report
from tests.soak.soak import soak


@click.command()
@click.argument("minutes", type=float, default=30.0)
@click.option("--seed", type=int, default=lambda: secrets.randbelow(10**6), help="The order of the troubles.")
def main(minutes: float, seed: int) -> None:
    """Let people talk and make trouble for so many MINUTES."""
    click.echo(f"Soak with seed {seed} …")
    folder = Path(tempfile.mkdtemp(prefix="labsbot-soak-"))
    figures = asyncio.run(run(folder, minutes, seed))
    click.echo(report(figures))
    if figures.wrong:
        click.echo(f"The bot's log, journal and pages are kept in {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


async def run(folder: Path, minutes: float, seed: int) -> Figures:
    async with soak(folder, seed) as world:
        return await world.run(minutes * 60, functools.partial(click.echo))


if __name__ == "__main__":
    main()
