"""``labsbot restore``: a copy of a journal becomes the journal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labsbot.cli.journal_path import NoJournalNamed, journal_path
from labsbot.cli.loading import FAILED, MISCONFIGURED, configuration, fail
from labsbot.journal.backup import restore
from labsbot.model import JournalFailure
from labsbot.service.machine_clock import utc_now


@click.command("restore")
@configuration
@click.argument("source", metavar="FROM", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(path: Path, source: Path) -> None:
    """Let the copy FROM, which `labsbot backup` made, be the journal. End the bot first, and `labsbot web`.

    A journal that is there is kept under another name. What the copy does not know yet and stands on the wiki is not
    logged twice: no entry is added whose id stands there.

    \b
    Example:  labsbot restore -c /etc/labsbot/labsbot.yaml /var/backups/labsbot-2026-11-22.sqlite3
    """
    try:
        journal = journal_path(path)
        aside = restore(journal, source, utc_now())
    except NoJournalNamed as failure:
        click.echo(str(failure), err=True)
        sys.exit(MISCONFIGURED)
    except JournalFailure as failure:
        fail(FAILED, str(failure))
    click.echo(f"{journal} is what {source} holds" + (f"; what it was before is {aside}" if aside else ""))
