"""``labsbot check``: what is wrong with the configuration, with the journal, and online with the world."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import click

from labsbot.cli.loading import FAILED, configuration, settings_of, warn_of
from labsbot.edge import logs
from labsbot.journal import Reading
from labsbot.journal import obstacle as journal_obstacle
from labsbot.model import JournalFailure
from labsbot.service.changes import changes
from labsbot.service.extras import missing
from labsbot.settings import Settings


@click.command("check")
@configuration
@click.option("--online", is_flag=True, help="Also ask the wiki what we may, enter every channel, and leave again.")
def command(path: Path, online: bool) -> None:
    """Say everything that is wrong with the configuration.

    \b
    Example:  labsbot check -c /etc/labsbot/labsbot.yaml --online
    """
    if not reported(path, online):
        sys.exit(FAILED)


def reported(path: Path, online: bool) -> bool:
    """Say all that is wrong; returns whether nothing is. A configuration that cannot be used ends the command."""
    settings = settings_of(path, reads_secrets=online)
    warn_of(missing(settings))
    click.echo(f"{path}: nothing is wrong with it")
    obstacle = journal_obstacle(settings.journal)
    if obstacle:
        click.echo(f"labsbot: {obstacle}", err=True)
    failed = obstacle is not None
    for words in _changes(settings):
        click.echo(logs.printable(words))
    if online:
        from labsbot.online import check

        logging.getLogger("labsbot").addHandler(logging.NullHandler())  # what goes wrong stands in the outcomes
        for name, outcome in asyncio.run(check(settings)):
            failed = failed or outcome.failed
            click.echo(f"{name}: {outcome.words}", err=outcome.failed)
    return not failed


def _changes(settings: Settings) -> list[str]:
    """What becomes of entries that wait, as far as the journal can be read; what keeps it from that is told already."""
    try:
        return changes(settings, Reading(settings.journal).pending_by_log())
    except JournalFailure:
        return []
