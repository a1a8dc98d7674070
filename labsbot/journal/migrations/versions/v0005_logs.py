"""Entries go to logs, and can be changed afterwards; each has a place in time among all others, and a sequence."""

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import sqlalchemy as sql
from alembic import op

log = logging.getLogger("labsbot.journal")

revision = "0005"
down_revision = "0004"

PORTION = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    op.add_column("entry", sql.Column("hostmask", sql.String))
    op.add_column("entry", sql.Column("late", sql.Boolean, nullable=False, server_default=sql.false()))
    op.add_column("entry", sql.Column("place", sql.Integer, nullable=False, server_default="0"))
    op.add_column("entry", sql.Column("sequence", sql.Integer, nullable=False, server_default="0"))
    op.create_table(
        "change",
        sql.Column("number", sql.Integer, primary_key=True),
        sql.Column("id", sql.String, nullable=False, unique=True),
        sql.Column("entry", sql.Integer, sql.ForeignKey("entry.number"), nullable=False),
        sql.Column("kind", sql.String, nullable=False),
        sql.Column("text", sql.String, nullable=False),
        sql.Column("author", sql.String, nullable=False),
        sql.Column("said", sql.String(27), nullable=False),
        sql.Column("accepted", sql.String(27), nullable=False),
        sql.Column("network", sql.String, nullable=False),
        sql.Column("channel", sql.String, nullable=False),
        sql.Column("nick", sql.String, nullable=False),
        sql.Column("account", sql.String),
        sql.Column("hostmask", sql.String),
        sql.Column("sequence", sql.Integer, nullable=False, unique=True),
    )
    op.add_column("delivery", sql.Column("log", sql.String, nullable=False, server_default=""))
    op.add_column("delivery", sql.Column("project", sql.String, nullable=False, server_default=""))
    op.execute("ALTER TABLE delivery ADD COLUMN change INTEGER REFERENCES change (number)")
    op.add_column("delivery", sql.Column("place", sql.Integer, nullable=False, server_default="0"))
    _give_places(op.get_bind())
    _name_logs(op.get_bind())
    op.execute("ALTER TABLE entry DROP COLUMN project")
    op.create_index("entry_place", "entry", ["place"], unique=True)
    op.create_index("entry_sequence", "entry", ["sequence"], unique=True)
    op.create_index("entry_there", "entry", ["network", "channel"])
    op.create_index("entry_hostmask", "entry", ["accepted"], sqlite_where=sql.text("hostmask IS NOT NULL"))
    op.create_index("ix_change_entry", "change", ["entry"])
    op.create_index("change_hostmask", "change", ["accepted"], sqlite_where=sql.text("hostmask IS NOT NULL"))
    op.drop_index("ix_delivery_entry", "delivery")
    op.create_index("delivery_entry", "delivery", ["entry", "change", "log", "project"])
    op.create_index("delivery_change", "delivery", ["change"], sqlite_where=sql.text("change IS NOT NULL"))
    op.create_index("delivery_newest", "delivery", ["project", "place"], sqlite_where=sql.text("change IS NULL"))
    op.create_index("delivery_newest_there", "delivery", ["log", "place"], sqlite_where=sql.text("change IS NULL"))


def _give_places(connection: sql.Connection) -> None:
    """Each entry gets the first microsecond that is free from the time said on; they were accepted as numbered."""
    total = connection.scalar(sql.text("SELECT count(*) FROM entry")) or 0
    found = connection.execute(sql.text("SELECT number, said FROM entry ORDER BY said, number"))
    placed = _placed(found)
    for done in range(0, total, PORTION):
        rows = list(islice(placed, PORTION))
        connection.exec_driver_sql("UPDATE entry SET place = ?, sequence = number WHERE number = ?", rows)
        log.info("upgrading: %d of %d entries have their place", done + len(rows), total)


def _placed(found: Iterable[sql.Row[int, str]]) -> Iterator[tuple[int, int]]:
    place: int | None = None
    for number, said in found:
        wish = (datetime.fromisoformat(said) - EPOCH) // timedelta(microseconds=1)
        place = wish if place is None else max(wish, place + 1)
        yield place, number


def _name_logs(connection: sql.Connection) -> None:
    last = connection.scalar(sql.text("SELECT max(number) FROM delivery")) or 0
    for first in range(0, last + 1, PORTION):
        connection.exec_driver_sql(
            "UPDATE delivery SET (log, project, place) ="
            " (SELECT network || ' ' || channel, entry.project, entry.place FROM entry WHERE number = delivery.entry)"
            " WHERE number BETWEEN ? AND ?",
            (first, first + PORTION - 1),
        )
        log.info("upgrading: the logs of %d of %d deliveries are named", min(first + PORTION - 1, last), last)
