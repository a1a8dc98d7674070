"""A journal as an older release left it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sql
from alembic import command

from labsbot.journal.upgrade import steps

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SHARED = 4
"""So many entries were said within the same second."""


def old_journal(path: Path, version: str, entries: int = 0) -> None:
    """Make one of this schema (0004, where there are entries in it); all of them are on the wiki."""
    engine = sql.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(steps(connection), version)
    engine.dispose()
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.execute("PRAGMA journal_mode=WAL")
        journal.executemany(
            "INSERT INTO entry (number, id, network, channel, nick, account, author, project, message, said, accepted)"
            " VALUES (?1, ?2, 'libera', '#cloud', ?3, ?4, ?3, ?5, ?6, ?7, ?8)",
            _entries(entries),
        )
        journal.execute(
            "INSERT INTO delivery (number, entry, log_day, clock, state, fruitless, url, revision, delivered, told)"
            " SELECT number, number, substr(said, 1, 10), substr(said, 12, 5), 'delivered', 0,"
            " 'https://wiki.example/wiki/Nova_Resource:' || project || '/SAL', number, accepted, 'logged' FROM entry"
        )
        journal.execute(
            "INSERT INTO handled (network, channel, msgid, fingerprint, entry, handled)"
            " SELECT network, channel, id, id || ' alice', number, accepted FROM entry WHERE number > ?",
            (entries - 100_000,),
        )


def _entries(number: int) -> Iterator[tuple[object, ...]]:
    for each in range(1, number + 1):
        said, nick = SINCE + timedelta(minutes=each // SHARED), f"nick{each % 50}"
        message = f"restarted the web service on tools-web-{each} because of T{each}, as it did not answer any more"
        account = nick if each % 3 else None
        yield each, f"sal-{each:012x}", nick, account, f"p{each % 200}", message, _time(said), _time(said)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
