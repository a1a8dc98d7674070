"""Days on their way from a log's page to an archive, and where those are that went."""

import sqlalchemy as sql
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "move",
        sql.Column("number", sql.Integer, primary_key=True),
        sql.Column("wiki", sql.String, nullable=False),
        sql.Column("log", sql.String, nullable=False),
        sql.Column("project", sql.String, nullable=False),
        sql.Column("title", sql.String, nullable=False),
        sql.Column("archive", sql.String, nullable=False),
        sql.Column("first", sql.String(10), nullable=False),
        sql.Column("last", sql.String(10), nullable=False),
        sql.Column("until", sql.String(10)),
        sql.Column("stage", sql.String, nullable=False),
        sql.Column("days", sql.JSON),
        sql.Column("batch", sql.String),
        sql.Column("edit", sql.JSON),
        sql.Column("after", sql.JSON),
        sql.Column("begun", sql.String(27), nullable=False),
        sql.Column("ended", sql.String(27)),
        sql.Column("cause", sql.String),
    )
    is_open = sql.text("ended IS NULL")
    op.create_index("move_open", "move", ["wiki", "title"], unique=True, sqlite_where=is_open)
    op.create_index("move_of_page", "move", ["wiki", "title", "stage", "archive"])
