"""Take what the wiki's log pages hold into the journal: pages and archives are read, nothing on the wiki is changed.

What is to be found is read here, page by page; what of it is new is decided by `labsbot.importing`, in the transaction
that keeps it, so that the bot can go on beside it and two imports keep nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from labsbot.desk.entries import UNNAMED, entry_id
from labsbot.importing import Compared, PageEntry, PageRead, UnreadLine, compare, read_page, with_summaries
from labsbot.importing.comparing import KnownEntry
from labsbot.journal import Journal, Reading
from labsbot.model import (
    ChangeKind,
    Delivery,
    Entry,
    Imported,
    Imports,
    Kept,
    Log,
    Owed,
    Page,
    PageRevision,
    Via,
    Wiki,
)
from labsbot.service.page_changes import PageSeen, changes_of_line, removal, strike_of
from labsbot.settings import PageSettings
from labsbot.wikitext import archive_settings, is_archive

READ = 60.0
"""Seconds that the wiki may take for a page."""
HISTORY = 600.0
"""The same for its history, of which there may be a request for each 500 edits."""
BEFORE = timedelta(days=31)
"""How far before the oldest day of a page it is looked whether lines are missing that stood there."""
BEFORE_NOTHING = timedelta(days=366)
"""The same before today, where a page holds nothing any more."""
TOGETHER = 200
"""Entries, at least, that one transaction takes: a tenth of a second in which nobody else writes."""

_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_VARIABLE = re.compile(r"\{(?:year|quarter|month|n)\}")


@dataclass(frozen=True, slots=True)
class PageImported:
    """What became of the lines of a page."""

    title: str
    new: int
    changed: int
    """Lines that people have changed since they were imported."""
    known: int
    """Entries that the journal knew as they stand there."""
    unread: tuple[UnreadLine, ...]
    removed: int = 0
    """Lines that people have taken out."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page of a log as it was read: the log's own, or an archive of it."""

    title: str
    url: str
    held: PageRead
    revision: int | None = None
    """As of which it was read."""
    settled: PageImported | None = None
    """All that it holds is known, as it stands there; None: nobody has looked, or there is something to keep."""


@dataclass(frozen=True, slots=True)
class LogRead:
    """All pages of a log."""

    title: str
    logs: tuple[Log, ...]
    """That share them; what is imported goes to the first."""
    settings: PageSettings
    pages: tuple[LogPage, ...]
    """The archives, and then the log's own page."""
    by_day: Mapping[date, Collection[str]]
    """By a day, the addresses of the pages that hold it."""
    is_whole: bool
    """False: archives are left out."""
    editor: str = UNNAMED
    """Who has edited the log's page since it was read before, as far as that is one person."""
    lacks: Mapping[str, KnownEntry] = field(default_factory=dict)
    """By their ids, entries that stood on the log's page and stand nowhere any more."""

    def may_be_edited(self, page: LogPage, delivery: Delivery) -> bool:
        """Whether what was delivered so can be a line of this page that people have edited since."""
        stood = (delivery.url or "").partition("#")[0]
        return stood == page.url or (self.is_whole and stood not in self.by_day.get(delivery.log_day, ()))

    def seen(self, page: LogPage, now: datetime) -> PageSeen:
        # an archive's revisions have nothing to do with those by which its lines came to the log's page
        revision = page.revision if page.title == self.title else None
        return PageSeen(self.logs, self.settings, revision, self.editor, now)


# --- what there is to read ----------------------------------------------------------------------------------------


def read_log(wiki: Wiki, reading: Reading, logs: Sequence[Log], settings: PageSettings, now: datetime) -> LogRead:
    """Read the page that these logs share, and its archives: those that we made, and those that people did.

    Blocks. Raises WikiFailure, JournalFailure.
    """
    page = _look(wiki, logs, settings)
    made = {title for log in logs for title in reading.archives(log)}
    today = now.astimezone(settings.time_zone).date()
    wiki.allow(READ)
    pages = []
    for title in sorted(made | _beside(wiki, page.title, settings) - {page.title}):
        if (found := _archive(wiki, title, page.title, settings, today, surely=title in made)) is not None:
            pages.append(found)
    return _log_read(page, logs, settings, [*pages, *_own(wiki, page, settings, today)], is_whole=True)


def read_log_page(wiki: Wiki, logs: Sequence[Log], settings: PageSettings, now: datetime) -> LogRead:
    """The same without archives, in which nobody writes any more."""
    page = _look(wiki, logs, settings)
    today = now.astimezone(settings.time_zone).date()
    return _log_read(page, logs, settings, _own(wiki, page, settings, today), is_whole=False)


def _look(wiki: Wiki, logs: Sequence[Log], settings: PageSettings) -> Page:
    wiki.allow(READ)
    return wiki.look(settings.title_for(logs[0].project))


def _own(wiki: Wiki, page: Page, settings: PageSettings, today: date) -> list[LogPage]:
    """The log's own page, where it is there."""
    if page.revision is None or page.to_be_replaced:
        return []
    wiki.allow(READ)
    return [_read(page, wiki.text_at(page), settings, today)]


def _log_read(
    page: Page, logs: Sequence[Log], settings: PageSettings, pages: Sequence[LogPage], *, is_whole: bool
) -> LogRead:
    by_day: dict[date, set[str]] = {}
    for each in pages:
        for entry in each.held.entries:
            by_day.setdefault(entry.day, set()).add(each.url)
    return LogRead(page.title, tuple(logs), settings, tuple(pages), by_day, is_whole)


def _beside(wiki: Wiki, title: str, settings: PageSettings) -> set[str]:
    """Pages whose titles are those of archives: as they are configured, and below the log's page."""
    configured = _VARIABLE.split(settings.archive.title.replace("{page}", title))[0]
    prefixes = {f"{title}/", configured if len(configured) > len(title) else f"{title}/"}
    return {found for prefix in prefixes for found in wiki.titles(prefix)}


def _archive(
    wiki: Wiki, title: str, log_page: str, settings: PageSettings, today: date, *, surely: bool
) -> LogPage | None:
    """An archive of a log; None: it is none. What its title says of a year counts for days that say none."""
    wiki.allow(READ)
    page = wiki.look(title)
    if page.revision is None or page.redirected or page.to_be_replaced:
        return None
    text, own = wiki.text_at(page), archive_settings(settings)
    year = _YEAR.findall(title.removeprefix(log_page))
    until = min(today, date(int(year[-1]), 12, 31)) if year else today
    if not surely and not is_archive(text, page.sections, settings, log_page, until):
        return None
    return _read(page, text, own, today, until)


def _read(page: Page, text: str, settings: PageSettings, today: date, until: date | None = None) -> LogPage:
    held = read_page(text, page.sections, settings, today, until)
    return LogPage(page.title, page.url, held, page.revision)


def with_history(wiki: Wiki, reading: Reading, read: LogRead, now: datetime) -> LogRead:
    """The log with what its history says of seconds and authors; of a page on which nothing is new it is not asked.

    Blocks. Raises WikiFailure, JournalFailure.
    """
    pages = []
    for page in read.pages:
        entries = page.held.entries
        imports, outcome = _tell(read, page, entries, now, *_known(reading, read, entries))
        if imports.new:
            entries = with_summaries(entries, _history(wiki, read, page), read.settings.time_zone)
        settled = outcome if imports == Imports() else None
        pages.append(replace(page, held=replace(page.held, entries=entries), settled=settled))
    return replace(read, pages=tuple(pages))


def _history(wiki: Wiki, read: LogRead, page: LogPage) -> tuple[PageRevision, ...]:
    """By which edits the lines of a page came there; those of an archive came to the log's page first."""
    wiki.allow(HISTORY)
    own = wiki.revisions(page.title)
    if page.title == read.title:
        return own
    wiki.allow(HISTORY)
    return (*wiki.revisions(read.title), *own)


# --- what of it is new --------------------------------------------------------------------------------------------


def would_import(reading: Reading, read: LogRead, now: datetime) -> Iterator[PageImported]:
    """What would become of each page, if none of the others were imported before. Raises JournalFailure."""
    for page in read.pages:
        entries = page.held.entries
        yield _tell(read, page, entries, now, *_known(reading, read, entries))[1]


def lacking(reading: Reading, read: LogRead, now: datetime) -> dict[str, KnownEntry]:
    """By their ids, the entries that stood on the log's page, as far as the journal knows, and do not any more; whether
    they stand elsewhere is not looked at. Raises JournalFailure."""
    found: dict[str, KnownEntry] = {}
    for page in read.pages:
        if page.title != read.title:
            continue
        entries, seen = page.held.entries, read.seen(page, now)
        today = now.astimezone(read.settings.time_zone).date()
        first = entries[0].day - BEFORE if entries else today - BEFORE_NOTHING
        known, ids = reading.known(read.logs, first, today, _ids(entries))
        for kept, own in _compared(read, page, entries, known, ids).missing:
            if (own.url or "").partition("#")[0] == page.url and removal(seen, kept, own) is not None:
                found[kept.entry.id] = (kept, own)
    return _unanchored(found, read)


def still_lacking(lacks: Mapping[str, KnownEntry], whole: LogRead) -> dict[str, KnownEntry]:
    """Which of these stand nowhere in the whole log, which was read after it was seen that they are missing. Where
    people have moved a day to another page, a line without an id may be there, and be changed."""
    home = whole.pages[-1].url if whole.pages else ""
    return {
        each: (kept, own)
        for each, (kept, own) in _unanchored(lacks, whole).items()
        if not (kept.is_unmarked and {*whole.by_day.get(own.log_day, ())} - {home})
    }


def _unanchored(lacks: Mapping[str, KnownEntry], read: LogRead) -> dict[str, KnownEntry]:
    anchored = {each for page in read.pages for each in page.held.anchored}
    return {each: known for each, known in lacks.items() if each not in anchored}


def _known(reading: Reading, read: LogRead, entries: Sequence[PageEntry]) -> tuple[Sequence[Kept], Collection[str]]:
    if not entries:
        return (), ()
    days = [entry.day for entry in entries]
    return reading.known(read.logs, min(days), max(days), _ids(entries))


def _ids(entries: Iterable[PageEntry]) -> list[str]:
    return [entry.id for entry in entries if entry.id is not None]


def compared(read: LogRead, page: LogPage, known: Sequence[Kept]) -> Compared:
    """What of these entries stands on a page, and what does not."""
    return _compared(read, page, page.held.entries, known, ())


def _compared(
    read: LogRead, page: LogPage, entries: Sequence[PageEntry], known: Sequence[Kept], ids: Collection[str]
) -> Compared:
    own = [
        (kept, delivery)
        for kept in known
        for delivery in kept.deliveries
        if delivery.change is None and delivery.log in read.logs
    ]
    return compare(entries, own, ids, partial(read.may_be_edited, page))


def _outcome(page: LogPage, found: Compared, imports: Imports) -> PageImported:
    removed = len([change for _, change in imports.changes if change.kind is ChangeKind.REMOVE])
    changed = len({entry_id for entry_id, _ in imports.changes}) - removed
    known = len(found.known) + found.elsewhere - changed
    return PageImported(page.title, len(imports.new), changed, known, page.held.unread, removed)


# --- what is kept -------------------------------------------------------------------------------------------------


async def import_log(
    journal: Journal, read: LogRead, now: datetime, done: Callable[[int], None] = lambda entries: None
) -> list[PageImported]:
    """Keep what is new, page by page; `done` hears of how many entries more. Raises JournalFailure."""
    return [await _import_page(journal, read, page, now, done) for page in read.pages]


async def _import_page(
    journal: Journal, read: LogRead, page: LogPage, now: datetime, done: Callable[[int], None]
) -> PageImported:
    if page.settled is not None:
        done(len(page.held.entries))
        return page.settled
    outcomes = []
    lacks = [own.log_day for _, own in read.lacks.values()] if page.title == read.title else []
    for portion in _portions(page.held.entries, lacks):
        tell = partial(_tell, read, page, portion.entries, now)
        days = portion.first, portion.last
        outcomes.append(await journal.imports.import_days(read.logs, *days, _ids(portion.entries), tell, now))
        done(len(portion.entries))
    return PageImported(
        page.title,
        sum(each.new for each in outcomes),
        sum(each.changed for each in outcomes),
        sum(each.known for each in outcomes),
        page.held.unread,
        sum(each.removed for each in outcomes),
    )


def _tell(
    read: LogRead,
    page: LogPage,
    entries: Sequence[PageEntry],
    now: datetime,
    known: Sequence[Kept],
    ids: Collection[str],
) -> tuple[Imports, PageImported]:
    found = _compared(read, page, entries, known, ids)
    imports = _imports(read, page, found, now)
    return imports, _outcome(page, found, imports)


@dataclass(frozen=True, slots=True)
class _Portion:
    """What one transaction takes."""

    first: date
    last: date
    entries: Sequence[PageEntry]
    """Of these days, all that the page holds."""


def _portions(entries: Sequence[PageEntry], lacks: Iterable[date]) -> Iterator[_Portion]:
    """Whole days, one after the other; then those among `lacks` of which the page holds nothing."""
    portions: list[list[PageEntry]] = []
    for entry in entries:
        if not portions or (len(portions[-1]) >= TOGETHER and portions[-1][-1].day != entry.day):
            portions.append([])
        portions[-1].append(entry)
    found = [_Portion(each[0].day, each[-1].day, each) for each in portions]
    without = sorted({day for day in lacks if not any(each.first <= day <= each.last for each in found)})
    yield from (*found, *(_Portion(day, day, ()) for day in without))


def _imports(read: LogRead, page: LogPage, found: Compared, now: datetime) -> Imports:
    changes, urls, seen = [], [], read.seen(page, now)
    for entry, (kept, delivery) in found.known:
        changes += [(kept.entry.id, change) for change in changes_of_line(seen, entry, kept, delivery)]
        if delivery.url is None or not (kept.is_unmarked or page.title != read.title):
            continue  # where it has its anchor on the log's page, that is its address
        stood, stands = (each.removesuffix(f"#{kept.entry.id}") for each in (delivery.url, _url(page, entry)))
        if stood != stands:
            urls.append((kept.entry.id, stood, stands))
    if page.title == read.title:
        for kept, delivery in found.missing:
            if kept.entry.id in read.lacks and (change := removal(seen, kept, delivery)) is not None:
                changes.append((kept.entry.id, change))
    return Imports(
        tuple(_imported(entry, page, read, now) for entry in found.new),
        tuple(changes),
        tuple(urls),
    )


def _imported(entry: PageEntry, page: LogPage, read: LogRead, now: datetime) -> Imported:
    said = entry.said or _beginning_of_minute(entry, read.settings)
    its_id = entry.id or entry_id(said, to_the_millisecond=False)
    author = entry.author or UNNAMED
    return Imported(
        Entry(
            its_id,
            "",
            "",
            author,
            None,
            author,
            entry.message,
            said,
            entry.user,
            entry.relay,
            via=Via.WIKI,
            time_written=entry.written if entry.said is None else None,
        ),
        Owed(read.logs[0], entry.day, entry.clock),
        _url(page, entry),
        None if entry.strike is None else strike_of(entry.strike, read.seen(page, now)),
    )


def _beginning_of_minute(entry: PageEntry, settings: PageSettings) -> datetime:
    return datetime.combine(entry.day, time.fromisoformat(entry.clock), settings.time_zone).astimezone(UTC)


def _url(page: LogPage, entry: PageEntry) -> str:
    return f"{page.url}#{entry.id or entry.heading}"
