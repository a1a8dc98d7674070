"""Entries come by other ways than IRC, too, and it is known of which no person typed them.

Some are the beginning of something whose end is added to them.
"""

import sqlalchemy as sql
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("entry", sql.Column("via", sql.String(20), nullable=False, server_default="irc"))
    op.add_column("entry", sql.Column("robot", sql.Boolean, nullable=False, server_default=sql.false()))
    op.add_column("delivery", sql.Column("due", sql.String(27)))
    op.create_index("delivery_due", "delivery", ["due"], sqlite_where=sql.text("due IS NOT NULL"))
    op.create_table(
        "run",
        sql.Column("entry", sql.Integer, sql.ForeignKey("entry.number"), primary_key=True),
        sql.Column("process", sql.String),
        sql.Column("state", sql.String, nullable=False),
    )
    op.create_index("run_running", "run", ["entry"], sqlite_where=sql.text("state = 'running'"))
    # robots alone are never told anything
    op.execute("UPDATE entry SET robot = 1 WHERE number IN (SELECT entry FROM delivery WHERE told = 'never')")
