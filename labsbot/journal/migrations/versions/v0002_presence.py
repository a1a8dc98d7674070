"""Until when each channel was heard; of what was there before, the handled lines tell the least that is true."""

import sqlalchemy as sql
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "presence",
        sql.Column("network", sql.String, primary_key=True),
        sql.Column("channel", sql.String, primary_key=True),
        sql.Column("since", sql.String(27), nullable=False),
        sql.Column("until", sql.String(27), nullable=False),
    )
    op.execute(
        "INSERT INTO presence"
        " SELECT network, channel, min(handled), max(handled) FROM handled GROUP BY network, channel"
    )
