"""Stations run beside each other until one ends or a signal comes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence


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


async def cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
