"""A forum topic that is gone is remembered: messages go to the chat without it."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    gone = sa.Column("topic_gone", sa.Boolean, nullable=False, server_default="0")
    op.add_column("channels", gone)
