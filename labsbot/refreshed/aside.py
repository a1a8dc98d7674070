"""A call that blocks comes in; it runs on a thread of its own, and its result or its failure goes back to the loop.

Nothing is repeated here. A call that hangs keeps its thread, never the loop and never the end of the process: the
threads of ``asyncio.to_thread`` would be waited for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from labsbot.refreshed.failure import SourceFailure

Result = TypeVar("Result")


class Aside:
    """Where one call at a time may block."""

    def __init__(self, name: str, patience: float) -> None:
        """`patience`: seconds after which a call is given up."""
        self._name = name
        self._patience = patience
        self._under_way: threading.Thread | None = None

    async def call(self, blocking: Callable[[], Result]) -> Result:
        """The result of `blocking`, or what it raises.

        Raises SourceFailure where it takes too long, or where an earlier call that did has still not come back.
        """
        if self._under_way and self._under_way.is_alive():
            raise SourceFailure("it has still not answered an earlier question")
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        self._under_way = threading.Thread(target=_hand_back, args=(future, blocking), name=self._name, daemon=True)
        self._under_way.start()
        waiting = asyncio.wrap_future(future)
        done, _ = await asyncio.wait([waiting], timeout=self._patience)
        if done:
            # Its last step may still be under way, and nobody is to be told that it hangs.
            self._under_way = None
            return waiting.result()
        waiting.cancel()  # nobody waits any more for what may still come
        raise SourceFailure(f"no answer within {self._patience:.0f} s")


def _hand_back(future: Future[Result], blocking: Callable[[], Result]) -> None:
    try:
        result = blocking()
    except BaseException as failure:  # noqa: BLE001 - it is not caught but carried, to the one who asked
        future.set_exception(failure)
    else:
        future.set_result(result)
