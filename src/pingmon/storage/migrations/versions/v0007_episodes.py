"""What a chat was told of devices that can't be seen is remembered over a restart."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    op.create_table(
        "episodes",
        sa.Column("channel_id", sa.Integer, sa.ForeignKey("channels.id"), primary_key=True),
        sa.Column("episode", sa.JSON, nullable=False),
    )
