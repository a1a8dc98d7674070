"""A delivery names the log to which it goes, so that an entry can go to several; by whom an entry may be corrected."""

import sqlalchemy as sql
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("entry", sql.Column("hostmask", sql.String))
    op.add_column("entry", sql.Column("late", sql.Boolean, nullable=False, server_default=sql.false()))
    op.add_column("delivery", sql.Column("log", sql.String, nullable=False, server_default=""))
    op.add_column("delivery", sql.Column("project", sql.String, nullable=False, server_default=""))
    op.execute(
        "UPDATE delivery SET (log, project) ="
        " (SELECT network || ' ' || channel, entry.project FROM entry WHERE entry.number = delivery.entry)"
    )
    op.execute("ALTER TABLE entry DROP COLUMN project")
