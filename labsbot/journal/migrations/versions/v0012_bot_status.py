"""Processes beside the bot see how it is."""

import sqlalchemy as sql
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "bot_status",
        sql.Column("number", sql.Integer, primary_key=True),
        sql.Column("noted", sql.String(27), nullable=False),
        sql.Column("reasons", sql.JSON, nullable=False),
    )
