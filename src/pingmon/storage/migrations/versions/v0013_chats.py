"""Commands from chats: polled bots, chats that were seen, who may do what, what can be undone."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0013", "0012b"


def upgrade() -> None:
    op.create_table(
        "chat_bots",
        sa.Column("bot_id", sa.Integer, sa.ForeignKey("bots.id"), primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("update_id", sa.BigInteger),
        sa.Column("handled_at", sa.Float, nullable=False, server_default="0"),
        sa.Column("menu", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "chat_seen",
        sa.Column("bot_id", sa.Integer, sa.ForeignKey("bots.id"), primary_key=True),
        sa.Column("chat_id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_table(
        "chat_grants",
        sa.Column("bot_id", sa.Integer, sa.ForeignKey("bots.id"), primary_key=True),
        sa.Column("chat_id", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("until", sa.Float),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "chat_undos",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("monitor_id", sa.String(36), sa.ForeignKey("monitors.id"), nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
    )
