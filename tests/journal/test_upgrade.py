"""A journal of an older release becomes just what a new one is; one of a newer release is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sql

from labsbot.journal import Journal, schema
from labsbot.journal.upgrade import upgrade
from labsbot.model import JournalFailure


def _shape(path: Path) -> dict[str, object]:
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
