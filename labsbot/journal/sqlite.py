"""What is SQLite's own: how a file is opened, and what other databases say in another way.

How the one deliverer is told from others (`lock`) and woken (`wake`) hangs on the file, too.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sql
from sqlalchemy import bindparam, event

# --- in statements ----------------------------------------------------------------------------------------------------


def members(name: str) -> sql.ColumnElement[Any]:
    """The members of a list that is handed in by this name (https://sqlite.org/json1.html#jeach)."""
    return numbered(name).c.value


def numbered(name: str) -> sql.TableValuedAlias:
    """The same with their numbers, from 0 on: the columns `key` and `value`."""
    return sql.func.json_each(bindparam(name, type_=sql.JSON)).table_valued("key", "value")


def part(member: sql.ColumnElement[Any], number: int) -> sql.ColumnElement[Any]:
    """One part of such a member that is itself a list."""
    return sql.func.json_extract(member, f"$[{number}]")


def unsearched(column: sql.ColumnElement[str]) -> sql.ColumnElement[str]:
    """A text, where an index that begins with it must not be asked. Of two indexes SQLite takes the better one where it
    sees a difference; where it sees none, the one that was made last, though that may find nearly everything."""
    return column.concat("")


# --- words ------------------------------------------------------------------------------------------------------------

FINDABLE = sql.table("findable", *map(sql.column, ("place", "number", "message", "author", "projects")))
"""What is in the index, as it is made of the tables: what leaves it has to be named to it word for word."""
WORDS = sql.table("words", *map(sql.column, ("words", "rowid", "message", "author", "projects")))
"""The index itself (https://sqlite.org/fts5.html#external_content_tables)."""
INDEX_OF_WORDS = (
    """CREATE VIEW findable AS
SELECT entry.place AS place, entry.number AS number, coalesce(newest_text.text, entry.message) AS message,
entry.author AS author, (SELECT group_concat(delivery.project, ' ') FROM delivery
WHERE delivery.entry = entry.number AND delivery.change IS NULL) AS projects
FROM entry LEFT JOIN newest_text ON newest_text.entry = entry.number""",
    """CREATE VIRTUAL TABLE words USING fts5(message, author, projects, content='findable', content_rowid='place',
columnsize=0, prefix='2', tokenize='unicode61 remove_diacritics 2')""",
    "INSERT INTO words (words, rank) VALUES ('automerge', 0)",
)
"""How both are made. Left to itself, the index makes one part of some while an entry is added to it, which then takes
five times as long as the others: see `merge_words`."""


MERGED = 16
"""Pages of the index that are written at once while nobody waits: a millisecond or two."""


def merge_words(connection: sql.Connection) -> bool:
    """Go a step in making one part of some of the index; each transaction has made one. Returns whether there was
    anything to do (https://sqlite.org/fts5.html#the_merge_command)."""

    def changes() -> int:
        return int(connection.exec_driver_sql("SELECT total_changes()").scalar_one())

    before = changes()
    connection.exec_driver_sql("INSERT INTO words (words, rank) VALUES ('merge', ?)", (MERGED,))
    return changes() - before > 1


# --- days -------------------------------------------------------------------------------------------------------------

_DAYS_OF_ENTRY = """INSERT INTO day_changes (log_day, number)
SELECT DISTINCT log_day, 1 FROM delivery WHERE entry = {}
ON CONFLICT (log_day) DO UPDATE SET number = number + 1"""


def _whenever(name: str, what: str, entry: str) -> str:
    return f"CREATE TRIGGER {name} AFTER {what} BEGIN\n{_DAYS_OF_ENTRY.format(entry)};\nEND"


COUNT_OF_DAY_CHANGES = (
    _whenever("delivery_made", "INSERT ON delivery", "new.entry"),
    _whenever("delivery_shown", "UPDATE OF log, project, clock, state, cause, url ON delivery", "new.entry"),
    _whenever("change_made", "INSERT ON change", "new.entry"),
    _whenever("change_said", "UPDATE OF text ON change", "new.entry"),
    _whenever("entry_said", "UPDATE OF message ON entry", "new.number"),
)
"""Whatever readers see of an entry, when that changes all its days do (https://sqlite.org/lang_createtrigger.html): the
database does it, so that no statement can forget it."""


def has_words(name: str) -> sql.ColumnElement[bool]:
    """Whether the index finds there what is handed in by this name."""
    return sql.literal_column("words").op("MATCH", is_comparison=True)(bindparam(name))


# --- connections ------------------------------------------------------------------------------------------------------

ERRORS = (sqlite3.Error,)
"""What a connection raises that nobody stands around."""


def told(path: Path | str, error: BaseException | None) -> str:
    """What it says of a file, and what to do where that is known (https://sqlite.org/rescode.html)."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_CORRUPT:
            return f"{path} is damaged ({error}): `labsbot restore` an earlier backup"
        case sqlite3.SQLITE_NOTADB:
            return f"{path} is no journal: {error}"
    return f"{path}: {error}"


PATIENCE = 5000
"""Milliseconds that we wait for others' locks."""
BETWEEN_CHECKPOINTS = 32
"""Transactions after which what is in the write-ahead log is brought to the database's own file (`checkpoint`)."""
LONGEST_LOG = 4000
"""Pages of that log (16 MB) after which whoever writes does it, and waits for it: only where the others were never
without a reader, or somebody who writes, for as long as one takes."""


def behind(column: sql.ColumnElement[Any], sign: str) -> sql.ColumnElement[Any]:
    """What stands behind the first such sign in a text."""
    return sql.func.substr(column, sql.func.instr(column, sign) + 1)


def writer(path: Path) -> sql.Engine:
    """One connection, each of whose transactions is the only one that writes, from its begin on."""
    engine = on(path, "mode=rw", poolclass=sql.StaticPool)
    # what is looked up is recent: half a megabyte of pages holds it, and the system keeps the rest of the file anyway
    safe = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    _prepare(engine, *safe, f"busy_timeout={PATIENCE}", "cache_size=-512", f"wal_autocheckpoint={LONGEST_LOG}")

    def begin(connection: sql.Connection) -> None:
        waits = connection.get_execution_options().get(_WAITS, True)
        raw(connection).execute(f"PRAGMA synchronous={'FULL' if waits else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "begin", begin)
    return engine


_WAITS = "waits_for_the_disk"


def not_waiting(writer: sql.Engine) -> sql.Engine:
    """The same writer, whose transactions do not wait for the disk. Should the machine stop, the last of them may be
    gone, all before are there; the next one that waits keeps them, too. Nothing is gone where only we stop
    (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL, for a write-ahead log)."""
    return writer.execution_options(**{_WAITS: False})


def reader(path: Path) -> sql.Engine:
    """One connection beside the writer's, which reads what is committed and holds up nobody."""
    engine = on(path, "mode=rw", poolclass=sql.StaticPool)
    _prepare(engine, "query_only=ON", f"busy_timeout={PATIENCE}", "cache_size=-512")
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def reader_of(path: Path, how: str, kept: int) -> sql.Engine:
    """As many connections as are asked for at once, of which so many are `kept` for the next question."""
    if not kept:
        return on(path, how, poolclass=sql.NullPool)
    engine = on(path, how, poolclass=sql.QueuePool, pool_size=kept, max_overflow=-1)
    _prepare(engine, "cache_size=-512")
    return engine


def commits_seen(pooled: sql.PoolProxiedConnection) -> int:
    """A number that changes for this connection when another one has committed something
    (https://sqlite.org/pragma.html#pragma_data_version). Raises DBAPI's errors."""
    ((number,),) = pooled.cursor().execute("PRAGMA data_version").fetchall()
    return int(number)


def on(path: Path, how: str, **pool: Any) -> sql.Engine:
    address = _address(path, how)
    return sql.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None),
        **pool,
    )


def _address(path: Path, how: str) -> str:
    return f"file:{quote(str(path))}?{how}"


def _prepare(engine: sql.Engine, *pragmas: str) -> None:
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)


def checkpoint(path: Path) -> None:
    """Bring all to the database's own file, as far as it goes with nobody waiting for it: whoever writes meanwhile does
    so at the log's end (https://sqlite.org/c3ref/wal_checkpoint_v2.html). Raises DBAPI's errors."""
    with contextlib.closing(sqlite3.connect(_address(path, "mode=rw"), uri=True, timeout=0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


CHECKPOINT = 200
"""Milliseconds for which a checkpoint waits for readers: meanwhile nobody writes."""


def rewrite(engine: sql.Engine) -> None:
    """Write the whole database anew, without what was erased: of that there are remains until then, for its pages are
    only marked as free (https://sqlite.org/lang_vacuum.html), and in the index of words it is only marked as gone until
    its parts are made one. Raises DBAPI's errors."""
    with contextlib.closing(engine.raw_connection()) as pooled:
        cursor = pooled.cursor()
        cursor.execute("INSERT INTO words (words) VALUES ('optimize')")
        cursor.execute("VACUUM")


def emptied(engine: sql.Engine) -> bool:
    """Bring all to the database's own file, and empty the write-ahead log. False: somebody reads an older state."""
    with contextlib.closing(engine.raw_connection()) as pooled:
        cursor = pooled.cursor()
        cursor.execute(f"PRAGMA busy_timeout={CHECKPOINT}")
        try:
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={PATIENCE}")
        return not busy


_COPY = int.from_bytes(b"copy")
_SAYS_SO = slice(60, 64)
"""Where that stands in a database's file (https://sqlite.org/fileformat.html#user_version_number)."""


def is_copy(path: Path) -> bool:
    """Whether it is a copy that was not opened to be written since: no write-ahead log is its own."""
    try:
        with path.open("rb") as file:
            return file.read(_SAYS_SO.stop)[_SAYS_SO] == _COPY.to_bytes(4)
    except OSError:
        return False  # whoever opens it is told


def adopt(path: Path) -> None:
    """Let a copy be a database in its own right. Raises DBAPI's errors."""
    with contextlib.closing(sqlite3.connect(_address(path, "mode=rw"), uri=True, timeout=PATIENCE / 1000)) as copy:
        copy.execute("PRAGMA user_version=0")


def copy(connection: sql.Connection, to: Path) -> str:
    """Copy the database, as it is at this moment, into the one file `to`, which nobody else has open.

    Returns what SQLite finds wrong with the copy; ``ok``: nothing. Raises DBAPI's errors.
    """
    with contextlib.closing(sqlite3.connect(to)) as target:
        raw(connection).backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # with it there is no second file that would have to be moved, too
        target.execute(f"PRAGMA user_version={_COPY}")
        (found,) = target.execute("PRAGMA integrity_check(1)").fetchone()
    return str(found)


def is_open_elsewhere(path: Path) -> bool:
    """Whether somebody else has the database open. Where nobody has, all of it is in its one file afterwards; one that
    is too damaged to tell is open nowhere."""
    with contextlib.closing(sqlite3.connect(path, timeout=CHECKPOINT / 1000)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")  # which takes a lock that nobody else's connection allows
        except sqlite3.DatabaseError as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


def is_rolled_back(connection: sql.Connection) -> bool:
    """The database has given up the whole transaction by itself, as it does on a full disk."""
    return not raw(connection).in_transaction


def raw(connection: sql.Connection) -> sqlite3.Connection:
    """SQLite's own connection, for what SQLAlchemy has no word for."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found
