"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token", sa.String(80), nullable=False, unique=True),
        sa.Column("name", sa.String(64), nullable=False),
    )
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("bot_id", sa.Integer, sa.ForeignKey("bots.id"), nullable=False),
        sa.Column("chat_id", sa.String(64), nullable=False),
        sa.Column("thread_id", sa.Integer, nullable=False, server_default="0"),
        sa.Column("migrated_to", sa.String(64)),
        sa.Column("delivery", sa.Text, nullable=False, server_default="ok"),
        sa.UniqueConstraint("bot_id", "chat_id", "thread_id"),
    )
    op.create_table(
        "monitors",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("mon_type", sa.String(16), nullable=False),
        sa.Column("channel_id", sa.Integer, sa.ForeignKey("channels.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("detector", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False, server_default="0"),
    )
    op.create_index("monitors_by_what", "monitors", ["address", "channel_id"])
    op.create_table(
        "transitions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("monitor_id", sa.String(36), sa.ForeignKey("monitors.id"), nullable=False),
        sa.Column("before", sa.String(8), nullable=False),
        sa.Column("after", sa.String(8), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("decided_at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("transitions_by_monitor", "transitions", ["monitor_id", "at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("channel_id", sa.Integer, sa.ForeignKey("channels.id"), nullable=False),
        sa.Column("monitor_id", sa.String(36), sa.ForeignKey("monitors.id"), nullable=False),
        sa.Column("event", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sent_at", sa.Float),
        sa.Column("message_id", sa.Integer),
    )
    op.create_index("outbox_waiting", "outbox", ["sent_at", "channel_id", "id"])
    op.create_table(
        "minutes",
        sa.Column("address", sa.String(64), primary_key=True),
        sa.Column("minute", sa.Integer, primary_key=True),
        sa.Column("probes", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("rtt_min", sa.Float),
        sa.Column("rtt_mean", sa.Float),
        sa.Column("rtt_max", sa.Float),
        sa.Column("rtt_m2", sa.Float),
    )
    op.create_index("minutes_by_time", "minutes", ["minute"])
