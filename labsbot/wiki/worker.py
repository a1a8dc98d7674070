"""Verbs of a wiki come in from the asyncio loop; each runs on the wiki's one thread, and its result goes back.

It repeats nothing and knows nothing of pages. A verb that hangs keeps the thread, never the loop: who waits hears
so after a deadline of their own. The wiki is told of it, too, and ends the verb by itself.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from labsbot.model import Unavailable, Unknown, Wiki, WikiFailure

log = logging.getLogger("labsbot.wiki")

Result = TypeVar("Result")

CODES = 50
"""Kinds of failures that are counted apart: the words are the wiki's, and it may have any number of them."""
NOT_ANSWERING = "it is not answering"


class Worker:
    """The thread of one wiki; it starts with the first call, and never keeps the process from ending."""

    def __init__(self, wiki: Wiki, took: Callable[[str, float], None] = lambda verb, seconds: None) -> None:
        """`took` is told on the wiki's thread what each verb took, done or not, in seconds."""
        self._wiki = wiki
        self._took = took
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.failures: Counter[str] = Counter()
        """How often the wiki failed us since the start, by its own code; by the kind of failure where it gave none."""

    async def call(self, verb: Callable[..., Result], *arguments: Any, deadline: float) -> Result:
        """Run a verb of the wiki behind those asked for before; its result, or its failure.

        After `deadline` seconds it is given up. One that had not begun by then never will: Unavailable. One that had is
        left to itself: Unknown if it is a save, else Unavailable.
        """
        log.debug("%s is asked to %s", self._wiki.name, getattr(verb, "__name__", verb))
        try:
            return await self._call(verb, *arguments, deadline=deadline)
        except WikiFailure as failure:
            code = failure.code or type(failure).__name__.lower()
            self.failures[code if code in self.failures or len(self.failures) < CODES else "other"] += 1
            raise

    async def _call(self, verb: Callable[..., Result], *arguments: Any, deadline: float) -> Result:
        if self._closed:
            self._ending()
        future: Future[Result] = Future()
        end = time.monotonic() + deadline

        def in_time() -> Result:
            begun = time.monotonic()
            self._wiki.allow(end - begun)
            try:
                return verb(*arguments)
            finally:
                self._took(getattr(verb, "__name__", "other"), time.monotonic() - begun)

        self._calls.put((future, in_time))
        if not self._thread:
            self._thread = threading.Thread(target=self._run, name=f"wiki {self._wiki.name}", daemon=True)
            self._thread.start()
        waiting = asyncio.wrap_future(future)
        try:
            done, _ = await asyncio.wait([waiting], timeout=deadline)
        except asyncio.CancelledError:
            future.cancel()
            _nobody_waits(waiting)
            raise
        if done:
            return waiting.result()
        never_begun = future.cancel()
        _nobody_waits(waiting)
        if never_begun or verb != self._wiki.save:
            raise Unavailable(NOT_ANSWERING)
        raise Unknown(NOT_ANSWERING)

    def close(self) -> None:
        """End, at once: a verb under way is left to itself, those behind it are not begun."""
        self._closed = True
        self._calls.put(None)

    def _run(self) -> None:
        while call := self._calls.get():
            future, verb = call
            if future.set_running_or_notify_cancel():
                _hand_back(future, self._ending if self._closed else verb)

    def _ending(self) -> None:
        raise Unavailable("labsbot is ending")


def _hand_back(future: Future[Any], verb: Callable[[], Any]) -> None:
    try:
        result = verb()
    except BaseException as failure:  # noqa: BLE001 - it is not caught but carried, to the one who asked
        future.set_exception(failure)
    else:
        future.set_result(result)


def _nobody_waits(waiting: asyncio.Future[Any]) -> None:
    """Take what comes in the end, so that asyncio does not report it as overlooked."""
    waiting.add_done_callback(lambda over: over.cancelled() or over.exception())
