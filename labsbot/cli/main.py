"""The commands: arguments in, exit status and lines for people out. Everything real is done elsewhere.

Exit status as in sysexits.h where one fits: 69 refused by every network, 75 kept but not on the wiki yet, 78 wrong
configuration; else 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labsbot import __version__
from labsbot.cli.loading import FAILED, REFUSED, configuration, fail, load, settings_of
from labsbot.cli.queue import queue
from labsbot.cli.status import status
from labsbot.edge import logs, signals
from labsbot.model import JournalFailure

if TYPE_CHECKING:
    from labsbot.settings import Settings

STDERR = 2

SWITCH = 0.0005
"""Seconds after which a thread gives way to another one. With Python's own 5 ms, each step of the journal's thread
waits so long for a loop that reads a busy channel, and people are answered seconds late (``python -m bench.talk``)."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="labsbot %(version)s")
def main() -> None:
    """Keeps Server Admin Logs: !log <project> <message> on IRC becomes an entry on a MediaWiki wiki.

    \b
    Try it with nothing installed:   labsbot demo
    Run it as a service:             labsbot run -c /etc/labsbot/labsbot.yaml
    """
    logs.fill_standard_descriptors()


@main.command()
@configuration
@click.option("--verbose", "level", flag_value=logging.DEBUG, type=int, help="Log more than is usually of use.")
@click.option("--quiet", "level", flag_value=logging.WARNING, type=int, help="Log nothing that is as it should be.")
def run(path: Path, level: int | None) -> None:
    """Run the bot until SIGTERM or SIGINT; SIGHUP has it read the configuration again.

    \b
    Example:  labsbot run -c /etc/labsbot/labsbot.yaml
    """
    os.umask(0o077)  # whatever we make that nobody thought of is for us alone
    signals.ignore_the_others()
    from labsbot.service import house as service

    settings = settings_of(path)
    _warn_of_what_is_missing(settings)
    sys.setswitchinterval(SWITCH)
    lines = logs.start(STDERR, os.environ, level or logging.INFO)
    end, words = 0, ""
    reloads = service.Reloads(lambda: load(path))
    try:
        asyncio.run(signals.until_ended(lambda stop: service.run(settings, stop, reloads), reloads.ask))
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


@main.command()
@configuration
@click.option("--online", is_flag=True, help="Also ask the wiki what we may, enter every channel, and leave again.")
def check(path: Path, online: bool) -> None:
    """Say everything that is wrong with the configuration.

    \b
    Example:  labsbot check -c /etc/labsbot/labsbot.yaml --online
    """
    from labsbot.journal import obstacle as journal_obstacle

    settings = settings_of(path, reads_secrets=online)
    _warn_of_what_is_missing(settings)
    click.echo(f"{path}: nothing is wrong with it")
    obstacle = journal_obstacle(settings.journal)
    if obstacle:
        click.echo(f"labsbot: {obstacle}", err=True)
    failed = obstacle is not None
    for words in _changes(settings):
        click.echo(logs.printable(words))
    if online:
        from labsbot.cli import online as world

        logging.getLogger("labsbot").addHandler(logging.NullHandler())  # what goes wrong stands in the outcomes
        for name, outcome in asyncio.run(world.check(settings)):
            failed = failed or outcome.failed
            click.echo(f"{name}: {outcome.words}", err=outcome.failed)
    if failed:
        sys.exit(FAILED)


def _changes(settings: Settings) -> list[str]:
    """What becomes of entries that wait, as far as the journal can be read; what keeps it from that is told already."""
    from labsbot.journal import Reading
    from labsbot.service.changes import changes

    try:
        return changes(settings, Reading(settings.journal).pending_by_log())
    except JournalFailure:
        return []


main.add_command(queue)
main.add_command(status)


@main.command()
@click.option("--once", is_flag=True, help="Play the scene and end.")
@click.option("--heading", is_flag=True, help="The other layout: below a heading of the project's own page.")
def demo(once: bool, heading: bool) -> None:
    """The whole of it on loopback, nothing needed: an IRC server, a wiki, people who log, and room for you.

    \b
    Example:  labsbot demo
    """
    from labsbot.demo import play

    asyncio.run(signals.until_ended(lambda stop: play(stop, once=once, heading=heading)))


@main.command("log", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def log_(words: tuple[str, ...]) -> None:
    """(not yet) Log from a script."""
    fail(2, "logging from a script is not there yet: say it in the channel")


def _warn_of_what_is_missing(settings: Settings) -> None:
    from labsbot.service.sources import missing

    for words in missing(settings):
        click.echo(f"warning: {words}", err=True)
