"""Wait for an event, but no longer than some seconds: so that every pause can be cut short."""

from __future__ import annotations

import asyncio


async def wait_for_event(event: asyncio.Event, seconds: float | None) -> bool:
    """Wait until `event` is set (True), or until the time is over (False); `seconds`: None means without a limit."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
