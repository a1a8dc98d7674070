"""Entries come by other ways than IRC, too, and it is known of which no person typed them."""

import sqlalchemy as sql
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("entry", sql.Column("via", sql.String(20), nullable=False, server_default="irc"))
    op.add_column("entry", sql.Column("robot", sql.Boolean, nullable=False, server_default=sql.false()))
    # robots alone are never told anything
    op.execute("UPDATE entry SET robot = 1 WHERE number IN (SELECT entry FROM delivery WHERE told = 'never')")
