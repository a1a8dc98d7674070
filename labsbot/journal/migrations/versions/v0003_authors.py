"""To which wiki user an author's name leads, and by which relay an entry came."""

import sqlalchemy as sql
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("entry", sql.Column("user", sql.String))
    op.add_column("entry", sql.Column("relay", sql.String))
