"""``labsbot verify``: what the journal has brought to the wiki, against what stands there; nothing is changed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from labsbot.cli.loading import FAILED, configuration, fail, settings_of
from labsbot.cli.logs_meant import logs_meant
from labsbot.edge.logs import printable
from labsbot.journal import Reading
from labsbot.model import JournalFailure, WikiFailure
from labsbot.service.logs import settings_by_log
from labsbot.service.machine_clock import utc_now
from labsbot.service.verifying import READ, Verified, verify
from labsbot.wiki import open_wiki


@click.command(name="verify")
@configuration
@click.argument("projects", metavar="[PROJECT…]", nargs=-1)
def command(path: Path, projects: tuple[str, ...]) -> None:
    """Compare the journal with the pages of these projects' logs, archives too: missing, changed by hand, unknown.

    Without a PROJECT, of all logs. What waits in the queue is not missed. Nothing is changed. Exit status 0: nothing
    differs; 1: something does, or could not be looked at.

    \b
    Example:  labsbot verify tools
    """
    settings = settings_of(path)
    reading, page_of = Reading(settings.journal), settings_by_log(settings)
    try:
        pages = logs_meant(settings, reading, projects)
        wiki = open_wiki(settings.wiki)
        wiki.allow(READ)
        wiki.login()
        found = [verify(wiki, reading, logs, page_of(logs[0]), utc_now()) for logs in pages]
    except JournalFailure as failure:
        fail(FAILED, str(failure))
    except WikiFailure as failure:
        fail(FAILED, f"the wiki: {failure}")
    for each in found:
        _print(each)
    sys.exit(FAILED if any(each.differences for each in found) else 0)


def _print(found: Verified) -> None:
    for each in found.differences:
        click.echo(printable(f"{each.id}  {each.kind.value}  {each.title}  {each.words}"))
    pages = "1 page" if found.pages == 1 else f"{found.pages} pages"
    entries = "1 entry" if found.entries == 1 else f"{found.entries} entries"
    end = f"{len(found.differences)} differ" if found.differences else "nothing differs"
    click.echo(printable(f"{found.title}: {entries} on {pages}, {end}"))
