"""Entries are found by their day, by who logged them, and without those of robots, however many there are."""

import sqlalchemy as sql
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("entry_author", "entry", [sql.text("lower(author)"), "place"])
    op.create_index("entry_typed", "entry", ["place"], sqlite_where=sql.text("robot IS 0"))
    of_entries = sql.text("change IS NULL")
    op.create_index("delivery_day_of_project", "delivery", ["project", "log_day", "place"], sqlite_where=of_entries)
    op.create_index("delivery_day", "delivery", ["log_day", "place"], sqlite_where=of_entries)
