"""What an operator asks of an entry that waits; and what is parked by something that can pass is tried again."""

import sqlalchemy as sql
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("delivery", sql.Column("attempts", sql.Integer, nullable=False, server_default="0"))
    op.add_column("delivery", sql.Column("failure", sql.String))
    op.add_column("delivery", sql.Column("next_try", sql.String(27)))
    op.add_column("delivery", sql.Column("hindrance", sql.String))
    op.add_column("delivery", sql.Column("refusals", sql.Integer, nullable=False, server_default="0"))
    hindered = sql.text("hindrance IS NOT NULL")
    op.create_index("delivery_next_try", "delivery", ["next_try"], sqlite_where=hindered)
