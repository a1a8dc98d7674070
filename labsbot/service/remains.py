"""Look for what is left of texts that were removed: in files of ours, in what was logged besides, and on the wiki.

A text comes in as it was said. It is looked for in each form in which we write it somewhere: on a page, in a summary,
in JSON. Where it was found goes out; nothing is changed, but for a history that is ours.
"""

from __future__ import annotations

import json
import mmap
import os
import stat
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labsbot.edge import files
from labsbot.journal import Reading, SaidElsewhere
from labsbot.model import REDACTED, ChangeKind, Log, Wiki, WikiFailure, Written
from labsbot.settings import FolderSettings, PageSettings, Settings
from labsbot.text.message import clean
from labsbot.wikitext import inert, inert_summary

PIECE = 64
"""Characters of a text that are looked for at once: where it was cut, or a database has put it into several places."""
SHORTEST = 4
"""A text of fewer characters is in everything."""
READ = 60.0
"""Seconds that the wiki may take for one answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for."""

    texts: tuple[str, ...]
    """In pieces, in each form."""
    too_short: int
    """So many texts were too short to be looked for."""

    @property
    def raw(self) -> frozenset[bytes]:
        """As they stand in files: in JSON, too."""
        escaped = (json.dumps(each, ensure_ascii=plain)[1:-1] for each in self.texts for plain in (True, False))
        return frozenset(each.encode("utf-8", "surrogatepass") for each in (*self.texts, *escaped))

    def stand_in(self, text: str) -> bool:
        return any(each in text for each in self.texts)


def wanted(texts: Iterable[str], pages: Iterable[PageSettings]) -> Wanted:
    """`pages`: how entries are written where these texts stood."""
    said = {each for each in texts if each and each != REDACTED}
    long = {each for each in said if len(each.strip()) >= SHORTEST}
    forms = {form for each in long for form in _forms(each, set(pages))}
    return Wanted(tuple(sorted({piece for form in forms for piece in _pieces(form)})), len(said - long))


def _forms(text: str, pages: Collection[PageSettings]) -> Iterator[str]:
    for each in (text, clean(text), inert_summary(text), *(inert(text, page.links, page.patterns) for page in pages)):
        yield from (each, unicodedata.normalize("NFC", each), unicodedata.normalize("NFD", each))


def _pieces(text: str) -> Iterator[str]:
    """The last one is a whole one, too: of the end of a text alone there would be too much everywhere."""
    starts = [*range(0, max(len(text) - PIECE, 0), PIECE), max(len(text) - PIECE, 0)]
    return (text[start : start + PIECE] for start in starts)


# --- in files of ours ---------------------------------------------------------------------------------------------


def our_files(settings: Settings) -> list[Path]:
    """The journal with what lies beside it, the state folder, and the pages where the wiki is a folder."""
    real = Path(os.path.realpath(settings.journal))
    found = set(real.parent.glob(f"{real.name}*")) | set(_below(settings.state))
    if isinstance(settings.wiki, FolderSettings):
        found |= set(_below(settings.wiki.folder))
    return sorted(each for each in found if _is_regular(each))


def holding(paths: Iterable[Path], wanted: Wanted) -> list[Path]:
    """In which of these files any of it stands. Raises OSError where one cannot be read."""
    raw = wanted.raw
    return [path for path in paths if any(_stands(path, raw))]


def _below(folder: Path) -> Iterator[Path]:
    return (Path(at) / name for at, _, names in os.walk(folder) for name in names)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _stands(path: Path, raw: Collection[bytes]) -> Iterator[bool]:
    try:
        descriptor = files.open_regular(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        if os.fstat(descriptor).st_size:
            with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as content:
                yield from (content.find(each) >= 0 for each in raw)
    finally:
        os.close(descriptor)


def said_elsewhere(reading: Reading, wanted: Wanted) -> SaidElsewhere:
    """In what else of the journal it stands, in words that were not removed. Raises JournalFailure."""
    return reading.holding(wanted.texts)


# --- on the wiki --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnPage:
    """What is left of it at one page."""

    url: str
    stands: bool
    """It stands there still."""
    texts: tuple[int, ...]
    """Revisions that the wiki shows, and whose text holds it."""
    summaries: tuple[int, ...]
    """Those in whose summary it stands."""
    is_known: bool = True
    """False: it stood there, and nobody knows since which revision."""


def on_pages(
    wiki: Wiki, written: Sequence[Written], page_of: Callable[[Log], PageSettings], wanted: Wanted
) -> Iterator[tuple[str, OnPage | WikiFailure]]:
    """What is left of these on their pages, and in the histories of those; a history that is ours is cleaned.

    Blocks. By title; where a page cannot be looked at, the reason.
    """
    pages: dict[str, list[Written]] = {}
    for each in written:
        pages.setdefault(page_of(each.log).title_for(each.log.project), []).append(each)
    for title, there in pages.items():
        wiki.allow(READ)
        try:
            yield title, _on_page(wiki, title, there, wanted)
        except WikiFailure as failure:
            yield title, failure


def _on_page(wiki: Wiki, asked: str, written: Sequence[Written], wanted: Wanted) -> OnPage:
    page = wiki.look(asked)
    stands = page.revision is not None and wanted.stand_in(wiki.text(page.title))
    came = {each.revision for each in written if each.revision and each.change is not ChangeKind.REDACT}
    # The stub may have gone to an archive, whose revisions have nothing to do with those here.
    here = [each for each in written if each.url and each.url.partition("#")[0] == page.url]
    went = [each.revision for each in here if each.revision and each.change is ChangeKind.REDACT]
    if not came:
        return OnPage(page.url, stands, (), (), is_known=not any(each.is_there for each in written))
    last = max(went) if went and not stands else None
    found = [each for each in wiki.revisions(page.title, min(came)) if last is None or each.number < last]
    texts = tuple(each.number for each in found if each.shows_text)
    summaries = tuple(
        each.number for each in found if each.summary and (each.number in came or wanted.stand_in(each.summary))
    )
    if wiki.forget(page.title, texts, summaries):
        return OnPage(page.url, stands, (), ())
    return OnPage(page.url, stands, texts, summaries)


def in_archives(wiki: Wiki, titles: Iterable[str], wanted: Wanted) -> Iterator[tuple[str, OnPage | WikiFailure]]:
    """The same of archives, which have few revisions: each is read, for nobody knows which of them has it."""
    for title in titles:
        wiki.allow(READ)
        try:
            yield title, _in_archive(wiki, title, wanted)
        except WikiFailure as failure:
            yield title, failure


def _in_archive(wiki: Wiki, title: str, wanted: Wanted) -> OnPage:
    page = wiki.look(title)
    if page.revision is None:
        return OnPage(page.url, False, (), ())
    revisions = wiki.revisions(page.title, 1)
    found = [
        each.number
        for each in revisions
        if each.shows_text and wanted.stand_in(wiki.text_at(replace(page, revision=each.number)))
    ]
    summaries = tuple(each.number for each in revisions if each.summary and wanted.stand_in(each.summary))
    stands = page.revision in found
    texts = tuple(each for each in found if each != page.revision)
    if wiki.forget(page.title, texts, summaries):
        return OnPage(page.url, stands, (), ())
    return OnPage(page.url, stands, texts, summaries)
