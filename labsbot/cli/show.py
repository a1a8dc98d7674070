"""``labsbot show``: the log read back from the journal, for people and for programs; beside the bot, or without it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

import click

from labsbot.cli import listing
from labsbot.cli.loading import FAILED, configuration, fail, settings_of
from labsbot.cli.spelling import spellings
from labsbot.formats import EntryFormat, history_as_json, history_as_text, plain_lines, view, written
from labsbot.journal import EntryHistory, EntryQuery, Reading
from labsbot.model import JournalFailure
from labsbot.service.logs import settings_by_log
from labsbot.service.machine_clock import utc_now
from labsbot.settings import Settings
from labsbot.text import periods, search

_ID = re.compile(r"(?:\S*#)?(?P<id>(?:sal|undo|amend|redact)-[0-9]{14}-[0-9a-f]+)")
"""Of an entry or a correction, alone or at the end of a link."""


@click.command("show")
@configuration
@click.argument("what", metavar="[PROJECT | ID]", required=False)
@click.option("--from", "since", metavar="TIME", help="From this day or moment on.")
@click.option("--to", "until", metavar="TIME", help="Up to the end of this day, or up to this moment.")
@click.option("--search", "words", metavar="WORDS", default="", help="Only with all of these words.")
@click.option("--ids", is_flag=True, help="As text, with the id behind each entry.")
@click.option("--limit", metavar="N", type=click.IntRange(min=0), default=50, show_default=True, help="0: all.")
@click.option(
    "--format",
    "how",
    type=click.Choice([each.value for each in EntryFormat]),
    default=EntryFormat.TEXT.value,
    show_default=True,
)
def command(
    path: Path, what: str | None, since: str | None, until: str | None, words: str, ids: bool, limit: int, how: str
) -> None:
    """The newest entries of all projects or of one, newest first; or all that is known about one entry.

    \b
    Examples:  labsbot show -c labsbot.yaml tools
               labsbot show -c labsbot.yaml tools --from 2026-11-01 --to 2026-11-30 --limit 0
               labsbot show -c labsbot.yaml tools --from 14:05 --to "2026-11-22 15:00"
               labsbot show -c labsbot.yaml --search 'db1 "kernel panic" -test'
               labsbot show -c labsbot.yaml sal-20261122143001-1967f3a
               labsbot show -c labsbot.yaml tools --limit 0 --format csv >tools.csv

    ID is that of an entry or of what corrected it (undo-…, amend-…, redact-…), alone or at the end of a link.

    TIME is a day in the time zone of `page` (2026-11-21), a clock there (2026-11-21 14:05; 14:05 is the last such
    time), or a moment (2026-11-21T14:30:00Z).

    WORDS are looked for in the message and the author, whatever their case and accents. "Two words" in quotes are one
    phrase, db* is how a word begins, -word must not be there; from:alice project:tools host:db1 task:T1
    after:2026-11-01 before:2026-12-01 robots:no.

    Formats: text is a line for each entry; wikitext is what stands on the page. In markdown, nothing that a message
    holds is a link. json is a list of objects. In csv, a cell that a spreadsheet would take for a formula (it begins
    with = + - @, a tab or the end of a line) has an apostrophe before it.
    """
    settings = settings_of(path, reads_secrets=False)
    try:
        if named := _ID.fullmatch((what or "").strip()):
            if since or until or words:
                raise click.UsageError("an ID stands alone, without --from, --to and --search")
            print_entry(settings, named["id"], EntryFormat(how))
        else:
            if what is not None and not what.strip():
                raise click.UsageError("the PROJECT or ID is empty")
            for slip in search.slips(words, settings.top.page.time_zone):
                click.echo(f"labsbot: {slip}", err=True)
            within = _period(settings, since, until)
            searched = search.parse(words, settings.top.page.time_zone)
            print_entries(settings, what, within, searched, limit or None, EntryFormat(how), ids)
    except JournalFailure as failure:
        fail(FAILED, failure.cause)


def print_entry(settings: Settings, its_id: str, how: EntryFormat) -> EntryHistory:
    """Print all about one entry; as wikitext, Markdown or CSV only the entry itself. Raises JournalFailure."""
    history = Reading(settings.journal).find(its_id)
    if history is None:
        fail(FAILED, f"there is no entry {its_id} in {settings.journal}")
    seen, title_of = view(history.kept, settings_by_log(settings)), listing.title_of(settings)
    match how:
        case EntryFormat.TEXT:
            _print([history_as_text(seen, history.queued, title_of)])
        case EntryFormat.JSON:
            _print([history_as_json(seen, history.queued, title_of)])
        case _:
            _print(written(how, [seen]))
    return history


def print_entries(
    settings: Settings,
    project: str | None,
    within: tuple[datetime | None, datetime | None],
    searched: search.Search,
    most: int | None,
    how: EntryFormat,
    ids: bool,
) -> None:
    """Print the newest entries, as they are read. Raises JournalFailure."""
    reading = Reading(settings.journal)
    projects = _meant(project, searched, settings, reading)
    query = EntryQuery(projects, *within).narrowed(searched)
    page_of = settings_by_log(settings)
    found = (view(kept, page_of, projects) for kept in reading.entries(query, most and most + 1))
    first = next(found, None)
    if first is None:
        is_narrowed = any(within) or searched != search.Search()
        click.echo(f"labsbot: {'nothing was found' if is_narrowed else 'nothing is logged yet'}", err=True)
    entries = islice(() if first is None else chain([first], found), most)
    _print(plain_lines(entries, ids) if how is EntryFormat.TEXT else written(how, entries))
    if next(found, None) is not None:
        click.echo("labsbot: there are older ones: --limit 0 shows all", err=True)


def _meant(
    project: str | None, searched: search.Search, settings: Settings, reading: Reading
) -> tuple[str, ...] | None:
    """Whose log it is, by its argument and by what is searched for; None: everybody's."""
    meant, there = None, reading.projects()
    for names in ((project,) if project is not None else (), searched.projects):
        if names:
            spelt = tuple(dict.fromkeys(each for name in names for each in spellings(name, settings, there)))
            meant = spelt if meant is None else tuple(each for each in meant if each in spelt)
    return meant


def _period(settings: Settings, since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    zone = settings.top.page.time_zone
    try:
        now = utc_now()
        first, last = since and periods.beginning(since, zone, now), until and periods.end(until, zone, now)
    except periods.NoMoment as failure:
        raise click.UsageError(str(failure)) from failure
    if first and last and first >= last:
        raise click.UsageError("--from is later than --to")
    return first or None, last or None


def _print(pieces: Iterable[str]) -> None:
    """Always as UTF-8, which Markdown, JSON and wikitext are, and with the ends of lines that the format has."""
    for piece in pieces:
        click.echo(piece.encode("utf-8", "replace"), nl=False)
