"""What neighbours taught each other of their paths is kept over a restart."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012", "0008"


def upgrade() -> None:
    op.create_table(
        "pools",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
    )
