"""How the wall clock stood is remembered over a restart, during which it may be set."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0015", "0014"


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("boot", sa.String(36), primary_key=True),
        sa.Column("ahead", sa.Float, nullable=False),
    )
