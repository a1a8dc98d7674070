"""``python -m tests.soak MINUTES``: the bot over a bad line; exit status 1 if what was typed is missing or doubled."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import soak


async def main(minutes: float) -> int:
    with tempfile.TemporaryDirectory(prefix="labsbot-soak-") as folder:
        async with soak(Path(folder)) as world:
            figures = await world.run(minutes * 60)
    missing = [word for word in figures.typed if word not in figures.on_page]
    doubled = len(figures.on_page) - len(set(figures.on_page))
    print(
        f"{minutes:g} minutes: {figures.troubles} troubles, {len(figures.typed)} lines typed, {len(missing)} missing,"
        f" {doubled} doubled, memory {figures.grown:+} KB since the first round"
    )
    return 1 if missing or doubled else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 30)))
