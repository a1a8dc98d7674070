"""A call that blocks comes in; it runs on a thread of its own, and its result or its failure goes back to the loop.

Nothing is repeated here. A call that hangs keeps its thread, never the loop and never the end of the process: the
threads of ``asyncio.to_thread`` would be waited for.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from labsbot.refreshed.failure import SourceFailure

Result = TypeVar("Result")
_Call = tuple[Future[Any], Callable[[], Any]]


class OwnThread:
    """Where one call at a time may block."""

    def __init__(self, name: str, patience: float) -> None:
        """`patience`: seconds after which a call is given up."""
        self._name = name
        self._patience = patience
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._begun = False
        self._under_way: Future[Any] | None = None
        self._given_up = threading.Event()

    async def call(self, blocking: Callable[[], Result]) -> Result:
        """The result of `blocking`, or what it raises.

        Raises SourceFailure where it takes too long, or where an earlier call that did has still not come back.
        """
        if self._under_way and not self._under_way.done():
            raise SourceFailure("it has still not answered an earlier question")
        if not self._begun:
            self._begin()
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        self._under_way = future
        self._given_up.clear()
        self._calls.put((future, blocking))
        waiting = asyncio.wrap_future(future)
        done, _ = await asyncio.wait([waiting], timeout=self._patience)
        if done:
            self._under_way = None  # what came of it is not kept here
            return waiting.result()
        waiting.cancel()  # nobody waits any more for what may still come
        self._given_up.set()
        raise SourceFailure(f"no answer within {self._patience:.0f} s")

    def go_on(self) -> None:
        """For a call that takes many steps, between two of them: raises SourceFailure if it was given up."""
        if self._given_up.is_set():
            raise SourceFailure("it was given up")

    def _begin(self) -> None:
        """One thread for all calls: some libraries keep something of every thread that ever used them (GnuTLS does)."""
        self._begun = True
        threading.Thread(target=_run, args=(self._calls,), name=self._name, daemon=True).start()
        weakref.finalize(self, self._calls.put, None)  # it ends when nobody can call any more


def _run(calls: queue.SimpleQueue[_Call | None]) -> None:
    while call := calls.get():
        _hand_back(*call)
        del call  # nor is it kept here until the next


def _hand_back(future: Future[Result], blocking: Callable[[], Result]) -> None:
    try:
        result = blocking()
    except BaseException as failure:  # noqa: BLE001 - it is not caught but carried, to the one who asked
        future.set_exception(failure)
    else:
        future.set_result(result)
