"""A journal of an older release becomes just what a new one is; one of a newer release is refused."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sql

from labsbot.edge.notify import Notifier
from labsbot.journal import Journal, lock, schema
from labsbot.journal.upgrade import upgrade
from labsbot.model import DeliveryState, JournalFailure, Log, Presence
from labsbot.text.digests import digest
from tests.journal.old import SHARED, SINCE, old_journal
from tests.nouns import NOON, an_acceptance, an_entry


def _shape(path: Path) -> Mapping[str, object]:
    engine = sql.create_engine(f"sqlite:///{path}")
    inspector = sql.inspect(engine)
    shape: dict[str, object] = {
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
    with engine.connect() as connection:  # those on expressions, too
        named = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name")
        shape["indexes"] = [row.name for row in named]
        made = "SELECT name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY name"
        shape["made"] = {row.name: " ".join(row.sql.split()) for row in connection.exec_driver_sql(made)}
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


def test_a_journal_of_a_newer_release_is_refused_in_a_sentence_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    path = tmp_path / "journal.sqlite3"
    Journal.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(JournalFailure, match="newer labsbot"):
        Journal.open(path)
    assert sqlite3.connect(path).execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    assert caplog.messages == []


async def test_a_journal_from_before_channels_were_kept_knows_them_by_the_lines_it_handled(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    old_journal(path, "0001")
    with closing(sqlite3.connect(path)) as other, other:
        for minute in (5, 9):
            other.execute(
                "INSERT INTO handled (network, channel, fingerprint, handled)"
                f" VALUES ('libera', '#cloud', 'x{minute}', '2026-11-22T12:{minute:02}:00.000000Z')"
            )
    journal = Journal.open(path)
    assert await journal.presences.presences() == {
        ("libera", "#cloud"): Presence(NOON + timedelta(minutes=5), NOON + timedelta(minutes=9))
    }
    journal.close()


# --- entries of an older release --------------------------------------------------------------------------------------

ENTRIES = 20_210
"""More than one portion."""
KILLED = """
import logging, os, sys
from pathlib import Path
from labsbot.journal import Journal

class Kill(logging.Handler):
    def emit(self, record):
        if "deliveries are named" in record.getMessage():
            os._exit(9)

logging.getLogger("labsbot.journal").addHandler(Kill())
logging.getLogger("labsbot.journal").setLevel(logging.INFO)
Journal.open(Path(sys.argv[1]))
"""


async def knows_its_entries(path: Path) -> None:
    journal = Journal.open(path)
    newest = await journal.entries.last("p7", 1000)
    assert [each.entry.id for each in newest] == [f"sal-{each:012x}" for each in range(20_207, 0, -200)]
    (delivery,) = newest[-1].deliveries
    assert (delivery.log, delivery.state) == (Log("libera #cloud", "p7"), DeliveryState.DELIVERED)
    assert delivery.entry.said == SINCE + timedelta(minutes=7 // SHARED)
    assert await journal.entries.accept(an_acceptance(an_entry(said=SINCE), "p7"))
    assert len(await journal.deliveries.pending()) == 1
    journal.close()
    with closing(sqlite3.connect(path)) as look:
        order = look.execute("SELECT number, place, sequence FROM entry WHERE number <= ? ORDER BY place", (ENTRIES,))
        numbers, places, sequences = zip(*order, strict=True)
        alike = "SELECT count(*) FROM delivery, entry WHERE entry = entry.number AND delivery.place = entry.place"
        assert look.execute(alike).fetchone() == (ENTRIES + 1,)
    assert numbers == sequences == tuple(range(1, ENTRIES + 1))
    first = int(SINCE.timestamp()) * 1_000_000
    assert [place - first for place in places[:6]] == [0, 1, 2, 60_000_000, 60_000_001, 60_000_002]


@pytest.mark.slow
async def test_entries_of_an_older_release_have_their_log_their_place_and_their_sequence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite3"
    old_journal(path, "0004", ENTRIES)
    with caplog.at_level(logging.INFO, "labsbot.journal"):
        await knows_its_entries(path)
    assert f"upgrading: {ENTRIES} of {ENTRIES} entries have their place" in caplog.messages
    assert f"upgrading: the logs of {ENTRIES} of {ENTRIES} deliveries are named" in caplog.messages


@pytest.mark.slow
def test_keys_of_scripts_become_their_digests_and_the_ids_of_servers_stay(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    old_journal(path, "0004")
    lines = [("", "user root", "deploy 7"), ("", "user root", "deploy 7\n1"), ("", "user bob", None)]
    lines += [("libera", "#cloud", "deploy 7")]
    with closing(sqlite3.connect(path)) as journal, journal:
        new = "INSERT INTO handled (network, channel, msgid, fingerprint, handled) VALUES (?, ?, ?, 'f', '2026')"
        journal.executemany(new, lines)
    Journal.open(path).close()
    with closing(sqlite3.connect(path)) as journal:
        kept = [row for (row,) in journal.execute("SELECT msgid FROM handled ORDER BY number")]
    assert kept == [digest("deploy 7"), f"{digest('deploy 7')}\n1", None, "deploy 7"]


def test_an_upgrade_asks_the_service_manager_for_time_and_an_opening_does_not(tmp_path: Path) -> None:
    path, address = tmp_path / "journal.sqlite3", f"{tmp_path}/notify"
    old_journal(path, "0004", entries=1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.setblocking(False)
        notifier = Notifier({"NOTIFY_SOCKET": address})
        Journal.open(path, notifier.taking_long).close()
        assert manager.recv(4096).startswith(b"EXTEND_TIMEOUT_USEC=")
        Journal.open(path, notifier.taking_long).close()
        with pytest.raises(BlockingIOError):
            manager.recv(4096)


async def test_an_upgrade_that_was_killed_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    old_journal(path, "0004", ENTRIES)
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(path))
    assert await killed.wait() == 9
    assert version(path) == "0004"
    await knows_its_entries(path)


def test_where_there_is_no_room_for_an_upgrade_that_is_said_and_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.sqlite3"
    old_journal(path, "0004", 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=200_000))
    with pytest.raises(JournalFailure, match=rf"cannot be upgraded: \d MB have to be free in {tmp_path} .* 0 MB are"):
        Journal.open(path)
    assert version(path) == "0004"


def test_under_a_bot_of_the_older_release_nothing_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    old_journal(path, "0004")
    held = lock.take(path)
    with pytest.raises(JournalFailure, match=f"process {os.getpid()}"):
        Journal.open(path)
    assert version(path) == "0004"
    os.close(held)
    Journal.open(path).close()
    assert version(path) == schema.VERSION


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as look:
        return str(look.execute("SELECT version_num FROM alembic_version").fetchone()[0])
