"""Buttons under messages, answers to what people send, and channels that exist for these only."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0014", "0013"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("key", sa.String(16)))
    op.add_column("outbox", sa.Column("expires", sa.Float))
    op.add_column("channels", sa.Column("answers_only", sa.Boolean, nullable=False, server_default="0"))
    for name, columns, which in (
        ("outbox_by_key", ["key"], "key"),
        ("outbox_by_message", ["channel_id", "message_id"], "message_id"),
        ("outbox_by_monitor", ["monitor_id", "id"], "message_id"),
    ):
        where = sa.text(f"{which} IS NOT NULL")
        is_unique = which == "key"
        op.create_index(
            name, "outbox", columns, unique=is_unique, sqlite_where=where, postgresql_where=where
        )
