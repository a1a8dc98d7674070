"""A journal of an older release becomes just what a new one is; one of a newer release is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sql
from alembic import command

from labsbot.journal import Journal, schema
from labsbot.journal.upgrade import steps, upgrade
from labsbot.model import JournalFailure, Presence
from tests.nouns import NOON


def _shape(path: Path) -> Mapping[str, object]:
    engine = sql.create_engine(f"sqlite:///{path}")
    inspector = sql.inspect(engine)
    shape = {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)],
            sorted(
                (str(index["name"]), tuple(index["column_names"]), index["unique"])
                for index in inspector.get_indexes(table)
            ),
            inspector.get_unique_constraints(table),
            sorted(tuple(key["constrained_columns"]) for key in inspector.get_foreign_keys(table)),
        )
        for table in inspector.get_table_names()
    }
    engine.dispose()
    return shape


def test_a_journal_upgraded_step_by_step_equals_a_fresh_one(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old", tmp_path / "fresh"
    engine = sql.create_engine(f"sqlite:///{old}")
    with engine.begin() as connection:
        upgrade(connection, old, None)
    engine.dispose()
    Journal.open(fresh).close()
    assert _shape(old) == _shape(fresh)
    versions = [
        sqlite3.connect(path).execute("SELECT version_num FROM alembic_version").fetchall() for path in (old, fresh)
    ]
    assert versions == [[(schema.VERSION,)]] * 2


def test_a_journal_of_a_newer_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    Journal.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalFailure, match="newer labsbot"):
        Journal.open(path)
    assert sqlite3.connect(path).execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


async def test_a_journal_from_before_channels_were_kept_knows_them_by_the_lines_it_handled(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    engine = sql.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(steps(connection), "0001")
        for minute in (5, 9):
            connection.exec_driver_sql(
                "INSERT INTO handled (network, channel, fingerprint, handled)"
                f" VALUES ('libera', '#cloud', 'x{minute}', '2026-11-22T12:{minute:02}:00.000000Z')"
            )
    engine.dispose()
    journal = Journal.open(path)
    assert await journal.presences() == {
        ("libera", "#cloud"): Presence(NOON + timedelta(minutes=5), NOON + timedelta(minutes=9))
    }
    journal.close()
