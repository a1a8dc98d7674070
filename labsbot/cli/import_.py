"""``labsbot import``: what the wiki's log pages hold goes into the journal, to be read and searched with all else."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from labsbot.cli.loading import FAILED, configuration, fail, settings_of
from labsbot.edge.logs import printable
from labsbot.journal import Journal, Reading
from labsbot.model import JournalFailure, Log, Wiki, WikiFailure
from labsbot.projects import Known, Retired, UnknownProject
from labsbot.service.importing import READ, LogRead, PageImported, import_log, read_log, with_history, would_import
from labsbot.service.logs import settings_by_log
from labsbot.service.machine_clock import utc_now
from labsbot.service.rules import Rulebook, draw_up
from labsbot.settings import Settings, folded
from labsbot.wiki import open_wiki
from labsbot.wiki.reader import Reader

LONGEST_SHOWN = 200
"""Characters of a line that is not understood."""
MOST_NAMED = 10
"""Pages that are not there."""


@click.command(name="import")
@configuration
@click.option("--dry-run", is_flag=True, help="Only show what would be imported, and what is not understood.")
@click.argument("projects", metavar="[PROJECT…]", nargs=-1)
def command(path: Path, dry_run: bool, projects: tuple[str, ...]) -> None:
    """Take what stands on the log pages of these projects, archives too, into the journal; no page is changed.

    Without a PROJECT, of all that are known. Each line is imported, or listed with its place and why not; what was
    imported before, or logged by the bot, is not imported again. Run it as the user of the bot, whether that runs or
    not; the bot makes the journal. Exit status 0: done, whatever is listed; 1: it failed, run it again.

    \b
    Example:  labsbot import --dry-run tools
    """
    settings = settings_of(path)
    try:
        reading = Reading(settings.journal)
        logs = _logs_meant(settings, reading, projects)
        wiki = open_wiki(settings.wiki)
        wiki.allow(READ)
        wiki.login()
        if dry_run:
            for read in _read(wiki, reading, settings, logs):
                for each in would_import(reading, read, utc_now()):
                    _print(each, "would be imported")
        else:
            asyncio.run(_import(wiki, reading, settings, logs))
    except JournalFailure as failure:
        fail(FAILED, str(failure))
    except WikiFailure as failure:
        fail(FAILED, f"the wiki: {failure}")


def _read(wiki: Wiki, reading: Reading, settings: Settings, logs: Sequence[Sequence[Log]]) -> Iterator[LogRead]:
    """One log after the other, for each may be some megabytes; those that have no page are named at the end."""
    page_of, without = settings_by_log(settings), []
    for of_page in logs:
        read = read_log(wiki, reading, of_page, page_of(of_page[0]), utc_now())
        if read.pages:
            yield read
        else:
            without.append(read.title)
    if without:
        more = f" and {len(without) - MOST_NAMED} more" if len(without) > MOST_NAMED else ""
        click.echo(printable(f"No such page on the wiki: {', '.join(without[:MOST_NAMED])}{more}"))


async def _import(wiki: Wiki, reading: Reading, settings: Settings, logs: Sequence[Sequence[Log]]) -> None:
    with contextlib.closing(Journal.join(settings.journal)) as journal:
        for read in _read(wiki, reading, settings, logs):
            entries = sum(len(page.held.entries) for page in read.pages)
            with click.progressbar(length=entries, label=printable(read.title), file=sys.stderr) as bar:
                done: Callable[[int], None] = bar.update
                imported = await import_log(journal, with_history(wiki, reading, read, utc_now()), utc_now(), done)
            for each in imported:
                _print(each, "imported")


def _print(imported: PageImported, what: str) -> None:
    for each in imported.unread:
        text = each.text if len(each.text) <= LONGEST_SHOWN else f"{each.text[:LONGEST_SHOWN]}…"
        click.echo(printable(f"{imported.title}, line {each.line}: {each.why}: {text}"))
    changed = f", {imported.changed} changed by people" if imported.changed else ""
    counts = f"{imported.new} {what}{changed}, {imported.known} known, {len(imported.unread)} not understood"
    click.echo(printable(f"{imported.title}: {counts}"))


# --- which logs are meant -----------------------------------------------------------------------------------------


def _logs_meant(settings: Settings, reading: Reading, projects: Sequence[str]) -> list[list[Log]]:
    """Those of these projects, or all; those that share a page together, the named first. Raises JournalFailure."""
    with contextlib.closing(Reader(open_wiki(settings.wiki))) as reader:
        book = draw_up(settings, reader)
    directory = book.for_scripts().directory
    in_journal = reading.logs()
    named = [_spelt(book, in_journal, each) for each in projects]
    names = dict.fromkeys([*named, *directory.in_use, *(log.project for log in in_journal)])
    page_of = settings_by_log(settings)
    by_title: dict[str, list[Log]] = {}
    for name in names:
        known = [log for log in in_journal if folded(log.project) == folded(name)]
        for log in known or [Log(book.home(name).place, name)]:
            by_title.setdefault(page_of(log).title_for(log.project), []).append(log)
    return [logs for logs in by_title.values() if not named or logs[0].project in named]


def _spelt(book: Rulebook, in_journal: Sequence[Log], typed: str) -> str:
    """The project that is called so; ends the command where there is none."""
    match found := book.for_scripts().directory.find(typed):
        case Known(project):
            return project.name
        case Retired(name=name):
            return name
    known = [log.project for log in in_journal if folded(log.project) == folded(typed)]
    guess = found.guess if isinstance(found, UnknownProject) else ""
    return known[0] if known else fail(FAILED, printable(f"there is no project “{typed}”. {guess}".rstrip(". ")))
