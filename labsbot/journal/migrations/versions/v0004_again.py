"""What is parked by something that can pass is tried again by itself."""

import sqlalchemy as sql
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("delivery", sql.Column("hindrance", sql.String))
    op.add_column("delivery", sql.Column("again", sql.String(27)))
    op.add_column("delivery", sql.Column("refusals", sql.Integer, nullable=False, server_default="0"))
    op.create_index("delivery_again", "delivery", ["again"], sqlite_where=sql.text("again IS NOT NULL"))
