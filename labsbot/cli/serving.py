"""What commands share that live until a signal ends them: what is checked before, their log, and their exit status."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from labsbot.cli.loading import FAILED, REFUSED, load, much_is_loaded, settings_of, warn_of
from labsbot.edge import logs, signals
from labsbot.edge.logs import LogSettings
from labsbot.edge.notify import Notifier
from labsbot.model import JournalFailure

if TYPE_CHECKING:
    from labsbot.service.reload import Reloads
    from labsbot.settings import Settings

STDERR = 2

SWITCH = 0.0005
"""Seconds after which a thread gives way to another one. With Python's own 5 ms, each step of the journal's thread
waits so long for a loop that reads a busy channel, and people are answered seconds late (``python -m bench.talk``)."""


@dataclass(frozen=True, slots=True)
class Serves:
    """What is to live."""

    run: Callable[[Settings, asyncio.Event, Reloads, Notifier], Awaitable[None]]
    """Until the event is set, and tell the service manager how it is. Raises JournalFailure."""
    check: Callable[[Settings], None] = lambda settings: None
    """Ends the command where it cannot be run with these settings."""
    missing: Callable[[Settings], Sequence[str]] = lambda settings: ()
    """Says what is not installed that it does without."""
    refused: tuple[type[Exception], ...] = ()
    """What it raises where everybody refuses it."""


def serve(path: Path, log_settings: LogSettings, reads_secrets: bool, loaded: Callable[[], Serves]) -> NoReturn:
    """`loaded` loads what takes a while to load."""
    os.umask(0o077)  # whatever we make that nobody thought of is for us alone
    wanted = asyncio.Event()
    signals.ignore_the_others(wanted.set)
    with much_is_loaded():
        serves = loaded()  # takes a while, in which no signal is to end us unheard
        from labsbot.service.reload import Reloads

        settings = settings_of(path, reads_secrets)
    serves.check(settings)
    warn_of(serves.missing(settings))
    sys.setswitchinterval(SWITCH)
    lines = logs.start(STDERR, os.environ, log_settings)
    end, words = 0, ""
    notifier = Notifier(os.environ)
    reloads = Reloads(lambda: load(path, reads_secrets), wanted, notifier, serves.missing)
    try:
        asyncio.run(signals.until_ended(lambda stop: serves.run(settings, stop, reloads, notifier), wanted.set))
    except serves.refused as failure:
        end, words = REFUSED, str(failure)
    except JournalFailure as failure:
        end, words = FAILED, failure.cause
    except Exception:  # a fault of ours ends the process, with all that is known of it
        logging.getLogger("labsbot").critical("labsbot ends because of a fault of its own", exc_info=True)
        end, words = FAILED, "a fault of its own, see above"
    if words and log_settings.as_json:
        logging.getLogger("labsbot").critical("%s", words)
    elif words:
        lines.say(logs.printable(f"labsbot: {words}"))
    lines.finish()
    sys.exit(end)
