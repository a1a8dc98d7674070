"""Entries are found by the words that they say."""

import logging

import sqlalchemy as sql
from alembic import op

log = logging.getLogger("labsbot.journal")

revision = "0010"
down_revision = "0009"

PORTION = 20_000


def upgrade() -> None:
    op.create_index("entry_late", "entry", ["accepted", "place"], sqlite_where=sql.text("late IS 1"))
    op.create_table(
        "newest_text",
        sql.Column("entry", sql.Integer, sql.ForeignKey("entry.number"), primary_key=True),
        sql.Column("text", sql.String, nullable=False),
    )
    op.execute("INSERT INTO newest_text SELECT DISTINCT entry, '' FROM change WHERE kind = 'redact'")
    # the newest amendment, but for those that people's edits have forestalled, or an operator has given up
    op.execute(
        "INSERT INTO newest_text SELECT entry, text FROM change WHERE number IN ("
        " SELECT max(number) FROM change AS amend WHERE kind = 'amend'"
        " AND entry NOT IN (SELECT entry FROM newest_text)"
        " AND (NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.change = amend.number)"
        " OR EXISTS (SELECT 1 FROM delivery WHERE delivery.change = amend.number AND state NOT IN ('left', 'dropped')))"
        " GROUP BY entry)"
    )
    op.execute(
        "CREATE VIEW findable AS"
        " SELECT entry.place AS place, entry.number AS number, coalesce(newest_text.text, entry.message) AS message,"
        " entry.author AS author, (SELECT group_concat(delivery.project, ' ') FROM delivery"
        " WHERE delivery.entry = entry.number AND delivery.change IS NULL) AS projects"
        " FROM entry LEFT JOIN newest_text ON newest_text.entry = entry.number"
    )
    op.execute(
        "CREATE VIRTUAL TABLE words USING fts5(message, author, projects, content='findable', content_rowid='place',"
        " columnsize=0, prefix='2', tokenize='unicode61 remove_diacritics 2')"
    )
    _find_entries(op.get_bind())


def _find_entries(connection: sql.Connection) -> None:
    """Portion by portion in the order of their places, in which the index is written fastest."""
    total = connection.scalar(sql.text("SELECT count(*) FROM entry")) or 0
    after = -(2**63)
    for done in range(0, total, PORTION):
        last = connection.exec_driver_sql(
            "SELECT max(place), count(*) FROM (SELECT place FROM entry WHERE place > ? ORDER BY place LIMIT ?)",
            (after, PORTION),
        ).one()
        connection.exec_driver_sql(
            "INSERT INTO words (rowid, message, author, projects)"
            " SELECT place, message, author, projects FROM findable WHERE place > ? AND place <= ? ORDER BY place",
            (after, last[0]),
        )
        after = last[0]
        log.info("upgrading: %d of %d entries are found by their words", done + last[1], total)
