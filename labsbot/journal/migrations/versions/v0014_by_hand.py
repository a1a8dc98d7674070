"""What people have changed on a page itself is told from what we were asked for; days are counted by an index alone."""

import sqlalchemy as sql
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("change", sql.Column("by_hand", sql.Boolean, nullable=False, server_default=sql.false()))
    of_entries = sql.text("change IS NULL")
    op.drop_index("delivery_day_of_project")
    op.drop_index("delivery_day")
    days_of_project = ["project", "log_day", "place", "change"]
    op.create_index("delivery_day_of_project", "delivery", days_of_project, sqlite_where=of_entries)
    op.create_index("delivery_day", "delivery", ["log_day", "place", "project", "change"], sqlite_where=of_entries)
