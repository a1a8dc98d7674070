"""Entries that were read from the wiki, whose time is known no better than it stands there."""

import sqlalchemy as sql
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("entry", sql.Column("time_written", sql.String))
