"""The path of a journal comes in, a database that can be asked goes out.

Three ways lead in. The bot makes the journal and takes it up to this release's schema. A command that writes beside
the bot finds it as it is, or fails. Whoever only reads makes nothing, changes nothing and holds up nobody.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sql
from sqlalchemy import exc

from labsbot.edge import files
from labsbot.journal import lock, schema, sqlite
from labsbot.model import JournalFailure

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database that somebody has open."""
OURS = (".lock",)
"""What the bot keeps there."""


def obstacle(path: Path, ours: tuple[str, ...] = OURS) -> str | None:
    """Why we cannot write this journal, in words for an operator: who, what and why; None: nothing is known.

    Looks, and changes nothing. Only a real write proves that there is none. `ours`: which files of the bot we need.
    """
    real = Path(os.path.realpath(path))
    beside = [real.with_name(f"{real.name}{end}") for end in (*BESIDE, *ours)]
    for place in (real, *(each for each in beside if os.path.lexists(each))):
        if words := files.obstacle(place):
            return f"{files.user()} cannot write the journal {path}: {words}"
    return None


TakingLong = Callable[[], AbstractContextManager[None]]
"""Within this something is done that may take minutes."""


def make(path: Path, taking_long: TakingLong) -> sql.Engine:
    """Open the journal for the bot: made where there is none, of this release's schema afterwards.

    Raises JournalFailure.
    """
    if words := obstacle(path):
        raise JournalFailure(words)
    real = Path(os.path.realpath(path))
    _be_sure_of(real, path)
    try:
        files.make_folder(real.parent)
        os.close(files.open_ours(real))
        for end in BESIDE:
            files.tighten(real.with_name(f"{real.name}{end}"))
    except OSError as error:
        raise JournalFailure(f"{path} cannot be made: {error.strerror}") from error
    engine = sqlite.writer(real)
    with transaction(engine, path) as connection:
        _bring_up_to_date(connection, path, taking_long)
    _prove(engine, path)
    return engine


def join(path: Path) -> sql.Engine:
    """Open a journal to write beside the bot. Raises JournalFailure: there is none, or it is of another release."""
    refuse_nothing(path)
    if words := obstacle(path, ours=()):
        raise JournalFailure(words)
    real = Path(os.path.realpath(path))
    _be_sure_of(real, path)
    engine = sqlite.writer(real)
    with transaction(engine, path) as connection:
        refuse_other_release(connection, path)
    _prove(engine, path)
    return engine


@contextlib.contextmanager
def transaction(engine: sql.Engine, path: Path) -> Iterator[sql.Connection]:
    """One transaction: all of it happens, or none and JournalFailure is raised."""
    try:
        with engine.begin() as connection:
            yield connection
    except exc.DBAPIError as error:
        # The statement and its parameters, messages among them, stay out of what travels on.
        raise JournalFailure(sqlite.told(path, error.orig)) from error


@contextlib.contextmanager
def failures(path: Path) -> Iterator[None]:
    """What the database itself says where it is asked without a transaction is a JournalFailure."""
    try:
        yield
    except sqlite.ERRORS as error:
        raise JournalFailure(sqlite.told(path, error)) from error


def _be_sure_of(real: Path, path: Path) -> None:
    """Raise JournalFailure where a file is none of ours, or not by itself; SQLite, once it has it open, changes it."""
    beside = real.with_name(f"{real.name}{BESIDE[0]}")
    if _size(beside) and not _size(real):
        words = f"what was accepted last may be in {beside}: keep that file elsewhere, then `labsbot restore` a backup"
        raise JournalFailure(f"{path} is empty or missing, and {words}")
    refuse_misplaced(real, path)
    _refuse_foreign(real, path)
    if sqlite.is_copy(real):
        with failures(path):
            sqlite.adopt(real)


def refuse_misplaced(real: Path, path: Path) -> None:
    """Raise JournalFailure where a copy was put in the place of a journal, and not `restored`: what SQLite kept beside
    that, it would take for the copy's own, and spoil both."""
    beside = real.with_name(f"{real.name}{BESIDE[0]}")
    if _size(beside) and sqlite.is_copy(real):  # in this order: who is opening it now lets it be one no more before
        words = f"what the one before accepted last may be in {beside}: keep that file elsewhere"
        raise JournalFailure(f"{path} is a copy that was put in a journal's place, and {words}")


def _refuse_foreign(real: Path, path: Path) -> None:
    if not _size(real) or any(os.path.lexists(real.with_name(f"{real.name}{end}")) for end in BESIDE):
        return  # nothing is there, or not all of it is in the one file
    engine = sqlite.reader_of(real, "mode=ro&immutable=1", kept=0)
    with transaction(engine, path) as connection:
        found = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
        if found and not found >= _OUR_TABLES:
            raise JournalFailure(_FOREIGN.format(path))
        if found:
            _version(connection, path)


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


A_WRITE = "UPDATE alembic_version SET version_num = version_num"
"""It changes nothing."""


def _prove(engine: sql.Engine, path: Path) -> None:
    """Write something for real: to SQLite a transaction on a file that is read-only is one that reads, until then."""
    try:
        with transaction(engine, path) as connection:
            connection.exec_driver_sql(A_WRITE)
        with transaction(engine, path):
            pass  # once it was read after it was written, those can follow who may only read
    except JournalFailure as failure:
        engine.dispose()
        raise JournalFailure(f"{files.user()} cannot write the journal {failure.cause}") from failure


def _bring_up_to_date(connection: sql.Connection, path: Path, taking_long: TakingLong) -> None:
    """Leave the newest schema behind: make it in an empty file, or take an older one up step by step."""
    if not sql.inspect(connection).get_table_names():
        schema.metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (schema.VERSION,))
        return
    version = refuse_newer_release(connection, path)
    if version != schema.VERSION:
        logging.getLogger("alembic").setLevel(logging.WARNING)  # else it says which of its parts it sets up
        from labsbot.journal.upgrade import upgrade  # alembic weighs 10 MB and is needed once a release

        held = lock.take(path)  # under a bot of the older release nothing changes
        try:
            with taking_long():
                upgrade(connection, path, version)
        finally:
            os.close(held)


_FOREIGN = "{} is a database of something else: name another file as `journal`"
_OUR_TABLES = {"alembic_version", "entry", "delivery", "attempt"}
"""Of every release."""
_OURS = re.compile("[0-9]{4}")
"""How our schemas are called; others who use alembic have that table, too."""


def _version(connection: sql.Connection, path: Path) -> str:
    found = None
    try:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    except exc.OperationalError:
        if connection.dialect.has_table(connection, "alembic_version"):
            raise
    if not _OURS.fullmatch(str(found)):
        raise JournalFailure(_FOREIGN.format(path))
    return str(found)


def refuse_incomplete(connection: sql.Connection, path: Path) -> None:
    """Raise JournalFailure where a journal of this release lacks a table: that of an older one gets it at the start."""
    lacking = schema.metadata.tables.keys() - set(sql.inspect(connection).get_table_names())
    if lacking and _version(connection, path) == schema.VERSION:
        raise JournalFailure(f"{path} is damaged: it lacks what is kept in {', '.join(sorted(lacking))}")


def refuse_nothing(path: Path) -> None:
    """Raise JournalFailure where there is no journal, or none that we can see."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise JournalFailure(f"there is no journal at {path}: `labsbot run` makes it") from None
    except OSError as error:
        raise JournalFailure(f"{files.user()} cannot read the journal {path}: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise JournalFailure(f"there is no journal at {path}: it is no regular file")
    if not found.st_size:
        words = "`labsbot run` makes one there, `labsbot restore` brings a backup back"
        raise JournalFailure(f"there is no journal at {path}: the file is empty ({words})")


def refuse_other_release(connection: sql.Connection, path: Path) -> None:
    """Raise JournalFailure where this release cannot read the journal, or must not write into it."""
    if refuse_newer_release(connection, path) < schema.VERSION:
        raise JournalFailure(f"{path}: the journal is of an older release: start the bot with this release first")


def refuse_newer_release(connection: sql.Connection, path: Path) -> str:
    """The journal's schema. Raises JournalFailure where this release knows nothing of that."""
    if (version := _version(connection, path)) > schema.VERSION:
        raise JournalFailure(f"{path} was written by a newer labsbot (schema {version}): install that release")
    return version
