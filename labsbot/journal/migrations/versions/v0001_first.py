"""The first schema: entries, deliveries, attempts, handled lines."""

import sqlalchemy as sql
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "entry",
        sql.Column("number", sql.Integer, primary_key=True),
        sql.Column("id", sql.String, nullable=False, unique=True),
        sql.Column("network", sql.String, nullable=False),
        sql.Column("channel", sql.String, nullable=False),
        sql.Column("nick", sql.String, nullable=False),
        sql.Column("account", sql.String),
        sql.Column("author", sql.String, nullable=False),
        sql.Column("project", sql.String, nullable=False),
        sql.Column("message", sql.String, nullable=False),
        sql.Column("said", sql.String(27), nullable=False),
        sql.Column("accepted", sql.String(27), nullable=False),
    )
    op.create_table(
        "attempt",
        sql.Column("batch", sql.String, primary_key=True),
        sql.Column("wiki", sql.String, nullable=False),
        sql.Column("title", sql.String, nullable=False),
        sql.Column("begun", sql.String(27), nullable=False),
        sql.Column("edit", sql.JSON),
        sql.Column("ended", sql.String(27)),
        sql.Column("outcome", sql.String),
    )
    op.create_index(
        "attempt_open_page",
        "attempt",
        ["wiki", "title"],
        unique=True,
        sqlite_where=sql.text("ended IS NULL"),
    )
    op.create_table(
        "delivery",
        sql.Column("number", sql.Integer, primary_key=True),
        sql.Column("entry", sql.Integer, sql.ForeignKey("entry.number"), nullable=False),
        sql.Column("log_day", sql.String(10), nullable=False),
        sql.Column("clock", sql.String(5), nullable=False),
        sql.Column("state", sql.String, nullable=False),
        sql.Column("cause", sql.String),
        sql.Column("fruitless", sql.Integer, nullable=False),
        sql.Column("batch", sql.String, sql.ForeignKey("attempt.batch")),
        sql.Column("url", sql.String),
        sql.Column("revision", sql.Integer),
        sql.Column("delivered", sql.String(27)),
        sql.Column("told", sql.String, nullable=False),
    )
    op.create_index("ix_delivery_entry", "delivery", ["entry"])
    op.create_index("ix_delivery_batch", "delivery", ["batch"])
    op.create_index("delivery_state_told", "delivery", ["state", "told"])
    op.create_table(
        "handled",
        sql.Column("number", sql.Integer, primary_key=True),
        sql.Column("network", sql.String, nullable=False),
        sql.Column("channel", sql.String, nullable=False),
        sql.Column("msgid", sql.String),
        sql.Column("fingerprint", sql.String, nullable=False),
        sql.Column("entry", sql.Integer, sql.ForeignKey("entry.number")),
        sql.Column("handled", sql.String(27), nullable=False),
    )
    op.create_index("handled_msgid", "handled", ["network", "channel", "msgid"], unique=True)
    op.create_index("handled_fingerprint", "handled", ["network", "channel", "fingerprint"])
