"""Signals come in; SIGTERM and SIGINT end the bot, SIGHUP reloads it, and no other ends it that can be kept from it.

A terminal that is closed, log rotation, a mistyped ``kill`` must not end it without a word.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from types import FrameType

log = logging.getLogger("labsbot.edge.signals")

ENDING = (signal.SIGTERM, signal.SIGINT)
TOLD = {
    signal.SIGUSR1: "it means nothing to labsbot",
    signal.SIGUSR2: "it means nothing to labsbot",
    signal.SIGQUIT: "SIGTERM and SIGINT end labsbot",
}
"""Those that people and other programs send, and what to say."""
LEFT_ALONE = {
    *ENDING,
    *(signal.SIGKILL, signal.SIGSTOP),  # nobody can
    *(signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS),
    *(signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT),  # a shell's: they end nothing
    *(signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH),  # they end nothing by themselves
}
"""Those that say that the process itself is broken, and those that end nothing."""


def ignore_the_others(reload: Callable[[], None]) -> None:
    """Let nothing but SIGTERM and SIGINT end this process from now on. SIGHUP calls `reload`, also before any loop."""
    for number in signal.valid_signals() - LEFT_ALONE:
        signal.signal(number, _tell if number in TOLD else signal.SIG_IGN)
    signal.signal(signal.SIGHUP, lambda _number, _frame: reload())


def _tell(number: int, _frame: FrameType | None) -> None:
    log.warning("ignored %s: %s", signal.Signals(number).name, TOLD[signal.Signals(number)])


async def until_ended(
    work: Callable[[asyncio.Event], Awaitable[None]], reload: Callable[[], None] | None = None
) -> None:
    """Do the work, which ends when the event that it is handed is set: by the first SIGTERM or SIGINT.

    `reload` is called by each SIGHUP, on the loop; None: that one stays as it was.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, stop.set)
    if reload is not None:
        loop.add_signal_handler(signal.SIGHUP, reload)
    await work(stop)
