"""What scripts log can be announced in channels, and it is known what is still to be announced where."""

import sqlalchemy as sql
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "announcement",
        sql.Column("entry", sql.Integer, sql.ForeignKey("entry.number"), primary_key=True),
        sql.Column("network", sql.String, primary_key=True),
        sql.Column("channel", sql.String, primary_key=True),
        sql.Column("owed", sql.String(27)),
    )
    owed = sql.text("owed IS NOT NULL")
    op.create_index("announcement_owed", "announcement", ["network", "channel", "owed"], sqlite_where=owed)
