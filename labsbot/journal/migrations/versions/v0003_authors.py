"""To which wiki user an author's name leads, by which relay an entry came; edits given up that may still come."""

import sqlalchemy as sql
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("entry", sql.Column("user", sql.String))
    op.add_column("entry", sql.Column("relay", sql.String))
    op.create_index("attempt_edit", "attempt", ["ended"], sqlite_where=sql.text("edit IS NOT NULL"))
