"""Pages as files of a folder, with what was saved to each: read and written whole, wherever the power goes.

What else writes into the folder (an editor, git) is noticed as a revision of somebody else.

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
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from labsbot.edge import files
from labsbot.model import Conflict, Refused, TooLarge, Unavailable, Unknown
from labsbot.wiki import file_names, sections

KEPT_TEXTS = 20
LARGEST_PAGE = 2 * 1024 * 1024  # bytes, as MediaWiki's $wgMaxArticleSize
LARGEST_FILE = 2 * LARGEST_PAGE
"""Bytes: with ``\\r\\n`` for each newline, and what stands at the end, as somebody's editor may leave it."""
CHANGED = "somebody else is changing the page"
_WHAT = {errno.ELOOP: "a link", errno.EISDIR: "a folder", errno.EINVAL: "no regular file"}


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
class PageNow:
    """A page as it stands, everything that was done to its file noticed."""

    text: str | None
    last: Revision | None

    @property
    def revision(self) -> int | None:
        return self.last.revision if self.last and self.text is not None else None


class PageFiles:
    """The folder, which is made by the first verb. All but `pages` and `file` is asked while it is `locked`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._history = folder / ".history"

    def file(self, title: str) -> Path:
        """Where a page is, or would be."""
        return self._folder / f"{file_names.file_name(title)}.wiki"

    def pages(self) -> Iterator[tuple[str, str]]:
        """Title and text of each page, in no order.

        No lock is held meanwhile: each file is written as a whole, and nobody's save is to wait for thousands of them.
        """
        with self.locked():
            paths = list(self._folder.glob("*.wiki"))
        with _on_disk():
            for path in paths:
                with contextlib.suppress(FileNotFoundError, Refused):
                    text = _page_in(path)
                    if title := self._title(path):
                        yield title, text

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
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

    def now(self, title: str) -> PageNow:
        """Read a page; where its file is not as the log left it, that becomes a revision of its own."""
        try:
            text = _page_in(self.file(title))
        except FileNotFoundError:
            text = None
        last = self._last(self._log(title))
        digest = None if text is None else _digest(text)
        if digest == (last.digest if last else None):
            return PageNow(text, last)
        outside = Revision(_next(last), title, clock(), "", "changed outside of labsbot", digest)
        self._keep(outside, text)
        self._append(outside)
        return PageNow(text, outside)

    def save(self, title: str, text: str, user: str, summary: str, now: PageNow) -> Revision:
        """Write a revision so that it exists wholly or not at all, wherever the power goes."""
        made = Revision(_next(now.last), title, clock(), user, summary, _digest(text))
        self._keep(made, text)
        try:
            self._write(self._pending, json.dumps(asdict(made)) + "\n")
            self._publish(made, text)
        except OSError as error:
            # The marker may be there: then whoever comes next completes it.
            raise Unknown(_disk_failure(error), _name(error)) from error
        return made

    def _publish(self, made: Revision, text: str) -> None:
        self._write(self.file(made.title), text + "\n")
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
            return _digest(_page_in(self.file(title)))
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

    def revisions(self, title: str) -> Iterator[Revision]:
        """What the log says of a page, the newest first; no more of it is read than is asked for."""
        return map(_revision, _lines_backwards(self._log(title)))

    def text_of(self, title: str, revision: int) -> str:
        try:
            return files.read(self._log(title).parent / str(revision)).decode()
        except FileNotFoundError:
            raise Conflict(CHANGED, "nosuchrevid") from None

    def has_text(self, title: str, revision: int) -> bool:
        """Whether what a page said in a revision is kept."""
        return (self._log(title).parent / str(revision)).exists()

    def forget_text(self, title: str, revision: int) -> None:
        """A text that is missing is no base of an edit any more: whoever has it as theirs reads the page again."""
        (self._log(title).parent / str(revision)).unlink(missing_ok=True)

    def rewrite_log(self, title: str, made: Collection[Revision]) -> None:
        """Write down otherwise what is known of the page's revisions, the oldest first."""
        self._write(self._log(title), "".join(map(_line, made)))

    @property
    def _pending(self) -> Path:
        return self._history / "pending"

    def _log(self, title: str) -> Path:
        return self._history / file_names.file_name(title) / "log"

    def _text_path(self, made: Revision) -> Path:
        return self._log(made.title).parent / str(made.revision)

    def _title(self, path: Path) -> str | None:
        """The title of the page in a file; None: somebody's file that is no page."""
        name = path.name.removesuffix(".wiki")
        if not file_names.cut(name):
            return file_names.title(name)
        last = self._last(self._history / name / "log")
        return last.title if last else None


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


def _next(last: Revision | None) -> int:
    return last.revision + 1 if last else 1


def clock() -> str:
    """As the revisions tell the time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _line(made: Revision) -> str:
    return json.dumps(asdict(made), ensure_ascii=False) + "\n"


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
