"""``labsbot run``: the bot as a service."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

import click

from labsbot.cli.loading import FAILED, REFUSED, configuration, load, settings_of, warn_of_what_is_missing
from labsbot.edge import logs, signals
from labsbot.model import JournalFailure

STDERR = 2

SWITCH = 0.0005
"""Seconds after which a thread gives way to another one. With Python's own 5 ms, each step of the journal's thread
waits so long for a loop that reads a busy channel, and people are answered seconds late (``python -m bench.talk``)."""


@click.command("run")
@configuration
@click.option("--verbose", "level", flag_value=logging.DEBUG, type=int, help="Log more than is usually of use.")
@click.option("--quiet", "level", flag_value=logging.WARNING, type=int, help="Log nothing that is as it should be.")
def command(path: Path, level: int | None) -> None:
    """Run the bot until SIGTERM or SIGINT; SIGHUP has it read the configuration again.

    \b
    Example:  labsbot run -c /etc/labsbot/labsbot.yaml
    """
    os.umask(0o077)  # whatever we make that nobody thought of is for us alone
    wanted = asyncio.Event()
    signals.ignore_the_others(wanted.set)
    from labsbot.service import house as service  # takes a while to load, in which no signal is to end us unheard

    settings = settings_of(path)
    warn_of_what_is_missing(settings)
    sys.setswitchinterval(SWITCH)
    lines = logs.start(STDERR, os.environ, level or logging.INFO)
    end, words = 0, ""
    reloads = service.Reloads(lambda: load(path), wanted)
    try:
        asyncio.run(signals.until_ended(lambda stop: service.run(settings, stop, reloads), wanted.set))
    except service.RefusedEverywhere as failure:
        end, words = REFUSED, str(failure)
    except JournalFailure as failure:
        end, words = FAILED, failure.cause
    except Exception:  # a fault of ours ends the process, with all that is known of it
        logging.getLogger("labsbot").critical("labsbot ends because of a fault of its own", exc_info=True)
        end, words = FAILED, "a fault of its own, see above"
    if words:
        lines.say(logs.printable(f"labsbot: {words}"))
    lines.finish()
    sys.exit(end)
