"""What an operator asks of an entry that waits: attempts so far, the last failure in full, the next try."""

import sqlalchemy as sql
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("delivery", sql.Column("attempts", sql.Integer, nullable=False, server_default="0"))
    op.add_column("delivery", sql.Column("failure", sql.String))
    op.add_column("delivery", sql.Column("next_try", sql.String(27)))
