"""What an attempt carries is still known when it was given up."""

import sqlalchemy as sql
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("attempt", sql.Column("carried", sql.JSON))
    op.execute(
        "UPDATE attempt SET carried ="
        " (SELECT json_group_array(number) FROM delivery WHERE delivery.batch = attempt.batch)"
        " WHERE ended IS NULL AND edit IS NOT NULL"
    )
