"""The verbs of a wiki come in; pages are read and written as files of a folder, each save a revision upon its base.

The meaning is MediaWiki's: a save names the revision it was made from, changes elsewhere on the page are merged, and a
change at the same place is a conflict. What else writes into the folder (an editor, git) is noticed as a revision of
somebody else. No wikitext is rendered, nothing is expanded.

    Nova_Resource:Tools%2FSAL.wiki              the page, as it is now
    .history/Nova_Resource:Tools%2FSAL/log      its revisions, one JSON object a line
    .history/Nova_Resource:Tools%2FSAL/17       the text of revision 17 (the last few are kept: a base must be one)
    .history/lock, .history/pending             one process at a time; the save that is under way
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import itertools
import json
import os
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from labsbot.edge import files
from labsbot.model import (
    REDACTED,
    Conflict,
    Edit,
    Found,
    Page,
    PageRevision,
    PageSize,
    Refused,
    Saved,
    TooLarge,
    Unavailable,
    Unknown,
)
from labsbot.settings import FolderSettings
from labsbot.wiki import file_names, marks, redirects, sections, titles

KEPT_TEXTS = 20
LARGEST_PAGE = 2 * 1024 * 1024  # bytes, as MediaWiki's $wgMaxArticleSize
LARGEST_FILE = 2 * LARGEST_PAGE
"""Bytes: with ``\\r\\n`` for each newline, and what stands at the end, as somebody's editor may leave it."""
LONGEST_SUMMARY = 500

_REDIRECT = re.compile(r"\s*+#REDIRECT\s*+:?\s*+\[\[:?([^]|#\n]*+)(?:#[^]|\n]*+)?(?:\|[^]\n]*+)?\]\]", re.IGNORECASE)
_WHAT = {errno.ELOOP: "a link", errno.EISDIR: "a folder", errno.EINVAL: "no regular file"}
_CHANGED = "somebody else is changing the page"


@dataclass(frozen=True, slots=True)
class Revision:
    """One line of a page's log."""

    revision: int
    title: str
    time: str
    user: str
    """Empty: whoever changed the file without us."""
    summary: str
    digest: str | None
    """SHA-256 of the text; None: the page is gone since then."""


@dataclass(frozen=True, slots=True)
class _Now:
    """A page as it stands, everything that was done to its file noticed."""

    text: str | None
    last: Revision | None

    @property
    def revision(self) -> int | None:
        return self.last.revision if self.last and self.text is not None else None


class FolderWiki:
    """Pages in a folder, which is made by the first verb. Several processes may use it at once."""

    def __init__(
        self, settings: FolderSettings, name: str = "wiki", other_log: redirects.OtherLog = redirects.no_other_log
    ) -> None:
        self.name = name
        self._redirects = settings.redirects
        self._other_log = other_log
        self._folder = settings.folder
        self._history = settings.folder / ".history"
        self._url = settings.url
        self._user = settings.user

    def allow(self, seconds: float) -> None:
        """Files do not let us wait."""

    def login(self) -> None:
        """There is nobody to log in to; a folder that cannot be written is noticed here."""
        with self._locked():
            pass

    def look(self, title: str) -> Page:
        asked = titles.spelt(title)
        on_the_way: list[str] = []
        with self._locked():
            target = asked
            while redirect := _REDIRECT.match(self._now(target).text or ""):
                on_the_way.append(target)
                target = titles.spelt(redirect[1])
                if len(on_the_way) > redirects.MOST:
                    raise Refused(redirects.TOO_MANY)
            ends = self._end(asked), on_the_way[1:], self._end(target)
            if on_the_way and not redirects.leads_on(*ends, self._redirects, self._other_log):
                redirects.may_be_replaced(self._now(asked).text or "", self._page_url(target))
                return Page(asked, self._page_url(asked), self._now(asked).revision, _clock(), (), to_be_replaced=True)
            now = self._now(target)
            found = tuple(span.section for span in sections.spans(now.text)[1:]) if now.text is not None else ()
            return Page(target, self._page_url(target), now.revision, _clock(), found, redirected=bool(on_the_way))

    def _end(self, title: str) -> redirects.RedirectEnd:
        namespace, colon, _ = title.partition(":")
        return redirects.RedirectEnd(title, self._page_url(title), namespace if colon else "")

    def text_at(self, page: Page) -> str:
        if page.revision is None:
            return ""
        with self._locked():
            return self._text_of(page.title, page.revision)

    def size(self, title: str) -> PageSize:
        with self._locked():
            now = self._now(titles.spelt(title))
            return PageSize(now.revision, len((now.text or "").encode()))

    def newest(self, titles: Sequence[str]) -> dict[str, int]:
        found = {}
        for title in titles:
            with contextlib.suppress(Refused):
                if (revision := self.size(title).revision) is not None:
                    found[title] = revision
        return found

    def section(self, page: Page, number: int) -> str:
        if page.revision is None:
            return ""
        found = sections.spans(text := self.text_at(page))
        if number >= len(found):
            raise Conflict(_CHANGED, "nosuchsection")
        return text[found[number].start : found[number].end].rstrip(sections.PHP_BLANKS)

    def save(self, edit: Edit) -> Saved:
        if titles.spelt(edit.title) != edit.title:
            raise Refused(titles.NOT_ALLOWED, "invalidtitle")
        with self._locked():
            now = self._now(edit.title)
            text = self._result(edit, now)
            if len(text.encode()) > LARGEST_PAGE:
                raise TooLarge("the page would be too large", "contenttoobig")
            if text == now.text:
                return Saved(edit.title, None, None, _clock())
            summary = edit.summary[:LONGEST_SUMMARY]
            made = Revision(_next(now), edit.title, _clock(), self._user, summary, _digest(text))
            self._commit(made, text)
            return Saved(edit.title, made.revision, now.revision, made.time)

    def find(self, batch: str, edit: Edit) -> Found | None:
        # It stands in the log of the page it was written to, whatever became of the file.
        title = titles.spelt(edit.title)
        with self._locked():
            self._now(title)
            for made in self._revisions(title):
                if made.revision <= (edit.base or 0):
                    break
                if marks.carries(made.summary, batch):
                    return Found(made.title, self._page_url(made.title), made.revision)
        return None

    def title_of(self, revision: int) -> str | None:
        return None

    def text(self, title: str) -> str:
        title = titles.spelt(title)
        with self._locked():
            return self._now(title).text or ""

    def revisions(self, title: str, since: int = 1) -> tuple[PageRevision, ...]:
        title = titles.spelt(title)
        with self._locked():
            self._now(title)
            found = list(itertools.takewhile(lambda made: made.revision >= since, self._revisions(title)))
            folder = self._log(title).parent
            return tuple(
                PageRevision(
                    made.revision,
                    made.summary,
                    (folder / str(made.revision)).exists(),
                    datetime.fromisoformat(made.time),
                    made.user,
                )
                for made in reversed(found)
            )

    def forget(self, title: str, texts: Collection[int], summaries: Collection[int]) -> bool:
        # A text that is missing is no base of an edit any more: whoever has it as theirs reads the page again.
        title = titles.spelt(title)
        with self._locked():
            last = self._now(title).revision
            folder = self._log(title).parent
            for revision in texts:
                if revision != last:
                    (folder / str(revision)).unlink(missing_ok=True)
            if not summaries:
                return True
            log = reversed(list(self._revisions(title)))
            made = [
                replace(each, summary=_emptied(each.summary)) if each.revision in summaries else each for each in log
            ]
            self._write(self._log(title), "".join(map(_line, made)))
        return True

    def titles(self, prefix: str) -> tuple[str, ...]:
        # Without a namespace, one letter is enough to be a title; with one, MediaWiki wants a name behind it.
        begin = titles.spelt(f"{prefix}x")[:-1]
        return tuple(title for title, _ in self._pages() if title.startswith(begin))

    def category(self, name: str) -> tuple[str, ...]:
        wanted = titles.spelt(f"Category:{name.removeprefix('Category:')}")
        return tuple(title for title, text in self._pages() if sections.in_category(text, wanted))

    def obstacles(self, title: str, archive: str) -> tuple[str, ...]:
        """None: that the folder can be written is noticed at the login."""
        return ()

    def time(self) -> datetime | None:
        return None

    def _pages(self) -> list[tuple[str, str]]:
        """All pages that are no redirects, sorted by title, with their texts.

        No lock is held meanwhile: each file is written as a whole, and nobody's save is to wait for thousands of them.
        """
        with self._locked():
            paths = list(self._folder.glob("*.wiki"))
        found = []
        with _on_disk():
            for path in paths:
                with contextlib.suppress(FileNotFoundError, Refused):
                    text = _page_in(path)
                    title = self._title(path)
                    if title and not _REDIRECT.match(text):
                        found.append((title, text))
        return sorted(found)

    def _title(self, path: Path) -> str | None:
        """The title of the page in a file; None: somebody's file that is no page."""
        name = path.name.removesuffix(".wiki")
        if not file_names.cut(name):
            return file_names.title(name)
        last = self._last(self._history / name / "log")
        return last.title if last else None

    def history(self, title: str) -> list[Revision]:
        """The page's revisions, newest first."""
        title = titles.spelt(title)
        with self._locked():
            self._now(title)
            return list(self._revisions(title))

    # --- what a save makes of a page ------------------------------------------------------------------------------

    def _result(self, edit: Edit, now: _Now) -> str:
        new = sections.tidy(unicodedata.normalize("NFC", edit.text))
        if edit.base is None:
            if now.text is not None:
                raise Conflict(_CHANGED, "articleexists")
            if now.last and now.last.time > edit.seen:
                raise Conflict(_CHANGED, "pagedeleted")
            return new
        if now.text is None:
            raise Conflict(_CHANGED, "missingtitle")
        if edit.section is None:
            if now.revision != edit.base:
                raise Conflict(_CHANGED, "editconflict")
            return new
        base = self._text_of(edit.title, edit.base)
        number = edit.section
        found = sections.spans(base)
        if number >= len(found):
            raise Conflict(_CHANGED, "nosuchsection")
        result = sections.replaced(base, found[number], new)
        if now.revision == edit.base or result == now.text:
            return result
        merged = sections.merged(base, now.text, found[number], new)
        if merged is None:
            raise Conflict(_CHANGED, "editconflict")
        return merged

    # --- what is on disk ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone with the folder, a save that was cut off completed. Raises Unavailable where the disk fails."""
        with _on_disk():
            files.make_folder(self._history)
            files.tighten(self._history)
            lock = files.open_ours(self._history / "lock")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._redo()
                yield
            finally:
                os.close(lock)

    def _now(self, title: str) -> _Now:
        """Read a page; where its file is not as the log left it, that becomes a revision of its own."""
        path = self._file(title)
        try:
            text = _page_in(path)
        except FileNotFoundError:
            text = None
        last = self._last(self._log(title))
        digest = None if text is None else _digest(text)
        if digest == (last.digest if last else None):
            return _Now(text, last)
        number = last.revision + 1 if last else 1
        outside = Revision(number, title, _clock(), "", "changed outside of labsbot", digest)
        self._keep(outside, text)
        self._append(outside)
        return _Now(text, outside)

    def _commit(self, made: Revision, text: str) -> None:
        """Write a revision so that it exists wholly or not at all, wherever the power goes."""
        self._keep(made, text)
        try:
            self._write(self._pending, json.dumps(asdict(made)) + "\n")
            self._publish(made, text)
        except OSError as error:
            # The marker may be there: then whoever comes next completes it.
            raise Unknown(_disk_failure(error), _name(error)) from error

    def _publish(self, made: Revision, text: str) -> None:
        self._write(self._file(made.title), text + "\n")
        self._append(made)
        self._pending.unlink()
        files.sync_folder(self._history)

    def _redo(self) -> None:
        """Complete the save whose marker was left behind.

        If its file is neither as it was nor as it was to be, somebody has worked on it since: their text stays, and
        the save never happened.
        """
        try:
            made = _revision(files.read(self._pending).decode())
        except FileNotFoundError:
            return
        last = self._last(self._log(made.title))
        before = last.digest if last else None
        if last != made and self._digest_of(made.title) in (before, made.digest):
            self._publish(made, files.read(self._text_path(made)).decode())
        else:
            self._pending.unlink()

    def _digest_of(self, title: str) -> str | None:
        """Of the text in the page's file; None: there is no file. What is no page is like no text that we wrote."""
        try:
            return _digest(_page_in(self._file(title)))
        except FileNotFoundError:
            return None
        except Refused:
            return ""

    def _keep(self, made: Revision, text: str | None) -> None:
        folder = self._log(made.title).parent
        folder.mkdir(exist_ok=True)
        if text is not None:
            self._write(self._text_path(made), text)
        (folder / str(made.revision - KEPT_TEXTS)).unlink(missing_ok=True)

    def _append(self, made: Revision) -> None:
        _cut_torn_line(self._log(made.title))
        descriptor = files.open_ours(self._log(made.title), os.O_WRONLY | os.O_APPEND)
        with open(descriptor, "a", encoding="utf-8") as log:
            log.write(_line(made))
            log.flush()
            os.fsync(log.fileno())

    def _write(self, path: Path, text: str) -> None:
        """Replace a file as a whole. A page is for all who may read the folder; its history is reached by us alone."""
        files.replace(path, text, permissions=files.as_open_as(self._folder), durable=True)

    def _last(self, log: Path) -> Revision | None:
        return next(map(_revision, _lines_backwards(log)), None)

    def _revisions(self, title: str) -> Iterator[Revision]:
        """What the log says of a page, the newest first; no more of it is read than is asked for."""
        return map(_revision, _lines_backwards(self._log(title)))

    def _text_of(self, title: str, revision: int) -> str:
        try:
            return files.read(self._log(title).parent / str(revision)).decode()
        except FileNotFoundError:
            raise Conflict(_CHANGED, "nosuchrevid") from None

    @property
    def _pending(self) -> Path:
        return self._history / "pending"

    def _file(self, title: str) -> Path:
        return self._folder / f"{file_names.file_name(title)}.wiki"

    def _log(self, title: str) -> Path:
        return self._history / file_names.file_name(title) / "log"

    def _text_path(self, made: Revision) -> Path:
        return self._log(made.title).parent / str(made.revision)

    def _page_url(self, title: str) -> str:
        if self._url is None:
            return self._file(title).absolute().as_uri()
        return f"{self._url.rstrip('/')}/{quote(self._file(title).name, safe=':')}"


@contextlib.contextmanager
def _on_disk() -> Iterator[None]:
    """Within the block the disk is read and written. Raises Unavailable where it fails."""
    try:
        yield
    except OSError as error:
        raise Unavailable(_disk_failure(error), _name(error)) from error


def _page_in(path: Path) -> str:
    """The text in a page's file. Raises Refused: somebody has put something else there, which is not for the page."""
    try:
        return sections.tidy(files.read(path, LARGEST_FILE).decode())
    except UnicodeDecodeError as error:
        # written back, it would no longer be what people have put there
        raise Refused("the page's file is not UTF-8", "utf8") from error
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise TooLarge("the page would be too large", "contenttoobig") from error
        if error.errno in (errno.ELOOP, errno.EINVAL, errno.EISDIR):
            raise Refused(f"the page's file is {_WHAT[error.errno]}", _name(error)) from error
        raise


def _next(now: _Now) -> int:
    return now.last.revision + 1 if now.last else 1


def _clock() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _line(made: Revision) -> str:
    return json.dumps(asdict(made), ensure_ascii=False) + "\n"


def _emptied(summary: str) -> str:
    """A summary without what people have said: its batch is still found by it."""
    return f"{REDACTED} {summary[summary.rindex('[b:') :]}" if "[b:" in summary else REDACTED


def _revision(line: str) -> Revision:
    return Revision(**json.loads(line))


def _lines_backwards(path: Path) -> Iterator[str]:
    """The whole lines of a log, the last one first; none where there is no log.

    What stands behind the last newline was torn off by a crash.
    """
    if not path.exists():
        return
    with open(files.open_regular(path, os.O_RDONLY), "rb") as file:
        rest, torn = b"", True
        for _, block in _blocks_backwards(file):
            rest, *lines = (block + rest).split(b"\n")
            if lines and torn:
                del lines[-1]
                torn = False
            yield from (line.decode() for line in reversed(lines))
        if rest and not torn:
            yield rest.decode()


def _cut_torn_line(log: Path) -> None:
    if log.exists():
        with open(files.open_regular(log, os.O_RDWR), "rb+") as file:
            ends = (start + block.rfind(b"\n") + 1 for start, block in _blocks_backwards(file) if b"\n" in block)
            file.truncate(next(ends, 0))


def _blocks_backwards(file: BinaryIO, size: int = 8192) -> Iterator[tuple[int, bytes]]:
    """A log in blocks, the last one first, each with where it begins.

    It grows for years, and its end is what matters.
    """
    start = file.seek(0, os.SEEK_END)
    while start:
        end, start = start, max(start - size, 0)
        file.seek(start)
        yield start, file.read(end - start)


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "")


def _disk_failure(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "its disk is full"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "its folder cannot be written"
    return "its folder cannot be read or written"
