"""``labsbot backup``: a copy of the journal, made while the bot runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labsbot.cli.journal_path import NoJournalNamed, journal_path
from labsbot.cli.loading import FAILED, MISCONFIGURED, configuration, fail
from labsbot.journal.backup import back_up
from labsbot.model import JournalFailure


@click.command("backup")
@configuration
@click.argument("to", metavar="TO", type=click.Path(path_type=Path))
def command(path: Path, to: Path) -> None:
    """Copy the journal, as it is now, into the file TO, which only you can read; nothing is written over.

    The bot may run meanwhile, and nobody waits. The copy is looked through before it has its name. It is all that the
    bot remembers; the configuration and its secrets are files of yours.

    \b
    Example:  labsbot backup -c /etc/labsbot/labsbot.yaml /var/backups/labsbot-$(date +%F).sqlite3
    """
    try:
        back_up(journal_path(path), to)
    except NoJournalNamed as failure:
        click.echo(str(failure), err=True)
        sys.exit(MISCONFIGURED)
    except JournalFailure as failure:
        fail(FAILED, str(failure))
    click.echo(f"{to}: {to.stat().st_size / 1000:,.0f} kB")
