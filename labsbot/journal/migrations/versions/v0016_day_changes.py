"""Of each day it is known whether anything of it has changed; parts of the index of words are joined by us."""

import sqlalchemy as sql
from alembic import op

revision = "0016"
down_revision = "0015"

DAYS_OF_ENTRY = """INSERT INTO day_changes (log_day, number)
SELECT DISTINCT log_day, 1 FROM delivery WHERE entry = {}
ON CONFLICT (log_day) DO UPDATE SET number = number + 1"""
TRIGGERS = (
    ("delivery_made", "INSERT ON delivery", "new.entry"),
    ("delivery_shown", "UPDATE OF log, project, clock, state, cause, url ON delivery", "new.entry"),
    ("change_made", "INSERT ON change", "new.entry"),
    ("change_said", "UPDATE OF text ON change", "new.entry"),
    ("entry_said", "UPDATE OF message ON entry", "new.number"),
)


def upgrade() -> None:
    op.create_table(
        "day_changes",
        sql.Column("log_day", sql.String(10), primary_key=True),
        sql.Column("number", sql.Integer, nullable=False),
    )
    for name, what, entry in TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} AFTER {what} BEGIN\n{DAYS_OF_ENTRY.format(entry)};\nEND")
    op.execute("INSERT INTO words (words, rank) VALUES ('automerge', 0)")
