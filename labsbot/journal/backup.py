"""A copy of the journal that is whole, made while the bot runs; and the way back, while none runs.

A copy is one file, for its owner alone, and was looked through before it has its name. Nothing is written over.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import sqlalchemy as sql

from labsbot.edge import files
from labsbot.journal import lock, opening, sqlite
from labsbot.journal.reading import Reading
from labsbot.model import JournalFailure


def back_up(journal: Path, to: Path) -> None:
    """Copy the journal as it is at this moment. Nobody waits for that. Raises JournalFailure."""
    if os.path.lexists(to):
        raise JournalFailure(f"{to} is there already: name another file")
    with _unfinished(to) as copy:
        _see(to, Reading(journal).copy(copy))
        _to_disk(copy)
        _finish(copy, to)


def restore(journal: Path, source: Path, now: datetime) -> Path | None:
    """Let a copy be the journal; one of an older release is upgraded at the next start of the bot.

    Returns where the journal that was there is now; None: there was none. Raises JournalFailure: a bot runs, or this
    is no copy.
    """
    real = Path(os.path.realpath(journal))
    with _told(journal):
        files.make_folder(real.parent)
        held = lock.take(real)
        try:
            files.give_to_owner_of_folder(Path(f"{real}.lock"))
            with _unfinished(real) as copy:
                _see(source, _copied(source, copy))
                files.give_to_owner_of_folder(copy)
                _to_disk(copy)
                aside = _put_aside(real, now)
                _finish(copy, real)
                return aside
        finally:
            os.close(held)


def _copied(source: Path, to: Path) -> str:
    opening.refuse_nothing(source)
    if any(source.with_name(f"{source.name}{end}").exists() for end in opening.BESIDE):
        raise JournalFailure(f"{source} is no copy but a journal that is in use: make one with `labsbot backup`")
    engine = sqlite.on(source, "mode=ro&immutable=1", poolclass=sql.NullPool)
    with opening.transaction(engine, source) as connection:
        opening.refuse_newer_release(connection, source)
        opening.refuse_incomplete(connection, source)
        return sqlite.copy(connection, to)


def _see(what: Path, found: str) -> None:
    if found != "ok":
        raise JournalFailure(f"{what} is damaged: {found}")


def _put_aside(journal: Path, now: datetime) -> Path | None:
    """Keep the journal that is there, with what belongs to it, under a name that says until when it counted.

    It has its own name, too, until the copy takes that: at no moment there is none, and nobody would make an empty one.
    """
    aside = journal.with_name(f"{journal.name}.until-{now:%Y%m%dT%H%M%SZ}")
    if exists := journal.exists():
        opening.refuse_misplaced(journal, journal)
        if sqlite.is_open_elsewhere(journal):
            raise JournalFailure(f"somebody has {journal} open: end all of labsbot first, `labsbot web` too")
        aside.hardlink_to(journal)
    for end in opening.BESIDE:
        with contextlib.suppress(FileNotFoundError):
            journal.with_name(f"{journal.name}{end}").rename(f"{aside}{end}")
    return aside if exists else None


@contextlib.contextmanager
def _unfinished(final: Path) -> Iterator[Path]:
    """An empty file for us alone, which is to have its name once it is finished; where it is not, it goes."""
    path = final.with_name(f".labsbot-{secrets.token_hex(8)}.new")
    with _told(final):
        os.close(files.open_private(path))
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _to_disk(copy: Path) -> None:
    with copy.open("rb") as file:
        os.fsync(file.fileno())


def _finish(copy: Path, final: Path) -> None:
    copy.rename(final)
    files.sync_folder(final.parent)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """What keeps us from writing there is a JournalFailure: the system's word, or the database's (a full disk)."""
    try:
        with opening.failures(path):
            yield
    except OSError as error:
        raise JournalFailure(f"{files.user()} cannot write {path}: {error.strerror}") from error
