import asyncio

import pytest

from labsbot.edge.waits import wait_for_event


@pytest.mark.parametrize("seconds", [None, 60, 0])
async def test_an_event_that_is_set_already_is_not_waited_for(seconds: float | None) -> None:
    event = asyncio.Event()
    event.set()
    assert await wait_for_event(event, seconds)


@pytest.mark.parametrize("seconds", [None, 60])
async def test_a_wait_ends_when_the_event_comes(seconds: float | None) -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    assert await wait_for_event(event, seconds)


@pytest.mark.parametrize("seconds", [0.001, 0, -1])
async def test_a_wait_ends_without_the_event_when_its_time_is_over(seconds: float) -> None:
    assert not await wait_for_event(asyncio.Event(), seconds)


async def test_who_cancels_a_wait_is_not_told_that_its_time_is_over() -> None:
    waiting = asyncio.ensure_future(wait_for_event(asyncio.Event(), 60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
