"""Decide what of a changed configuration a running bot takes up, and what needs a restart; then have it taken up.

The settings that run and those that are wanted come in. What can change goes on to the bot, all of it or, where
anything is wrong with the file, nothing; what needs a restart is named.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from labsbot.config import ConfigurationError, Loaded
from labsbot.edge.notify import NOBODY, Notifier
from labsbot.model import JournalFailure
from labsbot.refreshed import OwnThread, SourceFailure
from labsbot.settings import Settings, WebSettings

log = logging.getLogger("labsbot.service.reload")

PATIENCE = 60.0
"""Seconds for reading the configuration; it may lie on a server that hangs."""

TOP = ("journal", "state", "wiki", "metrics", "lines")
"""What holds until a restart."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What becomes of a running bot."""

    settings: Settings
    """The wanted ones, as far as a running bot can take them up; else those that run."""
    restart: tuple[str, ...]
    """What needs a restart, as the file calls it."""


def take_up(running: Settings, wanted: Settings) -> TakenUp:
    """Sort what is wanted into what can change now and what cannot."""
    web, fixed = _web(running.web, wanted.web)
    restart = [key for key in TOP if getattr(running, key) != getattr(wanted, key)]
    kept = {key: getattr(running, key) for key in TOP}
    return TakenUp(replace(wanted, **kept, web=web), (*restart, *fixed))


def _web(running: WebSettings | None, wanted: WebSettings | None) -> tuple[WebSettings | None, list[str]]:
    """What is asked by HTTP as it runs, with what is wanted of who may do what; and what else has changed."""
    if running is None or wanted is None:
        return running, ["web"] * (running != wanted)
    changed = [f"web.{key}" for key in ("listen", "url") if getattr(running, key) != getattr(wanted, key)]
    return replace(wanted, listen=running.listen, url=running.url), changed


class Reloads:
    """Has the configuration taken up again whenever somebody wants it."""

    def __init__(
        self,
        load: Callable[[], Loaded],
        wanted: asyncio.Event,
        notifier: Notifier = NOBODY,
        missing: Callable[[Settings], Sequence[str]] = lambda settings: (),
    ) -> None:
        """`load` reads the configuration; it may block, and raises ConfigurationError. `wanted` is set to have it so,
        at any time on the loop, or before there is one. `notifier` hears when it begins and when it is over. `missing`
        says what is not installed that settings need."""
        self._load = load
        self._wanted = wanted
        self._notifier = notifier
        self._missing = missing
        self._thread = OwnThread("configuration", PATIENCE)
        self.flaws: tuple[str, ...] = ()
        """Why the configuration was not taken up when that was wanted last; empty: it was."""

    async def run(self, take_up: Callable[[Settings], Awaitable[None]]) -> None:
        """Hand what is right to `take_up`, until cancelled; what is wrong is told in the log and changes nothing."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._notifier.reloading()
            try:
                self.flaws = await self._once(take_up)
            except Exception:  # the guard of one reload: whatever it is, the bot goes on as it was
                log.exception("the configuration is not taken up: it failed unexpectedly")
                self.flaws = ("it failed unexpectedly, see the log",)
            self._notifier.ready()

    async def _once(self, take_up: Callable[[Settings], Awaitable[None]]) -> tuple[str, ...]:
        """Returns why it was not taken up."""
        try:
            loaded = await self._thread.call(self._load)
        except ConfigurationError as failure:
            for problem in failure.problems:
                log.error("%s", problem)
            log.error("the configuration is not taken up: everything stays as it was")
            return tuple(map(str, failure.problems))
        except SourceFailure as failure:
            log.error("the configuration is not taken up: %s; everything stays as it was", failure.cause)
            return (failure.cause,)
        for warning in (*loaded.warnings, *self._missing(loaded.settings)):
            log.warning("%s", warning)
        try:
            await take_up(loaded.settings)
        except JournalFailure as failure:
            log.error("the configuration is not taken up: %s; everything stays as it was", failure)
            return (str(failure),)
        return ()
