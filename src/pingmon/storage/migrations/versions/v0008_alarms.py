"""What each channel was told is remembered by channel; holds, planned downtime, a journal."""

import json

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("monitor_id", sa.String(36), sa.ForeignKey("monitors.id"), primary_key=True),
        sa.Column("channel_id", sa.Integer, sa.ForeignKey("channels.id"), primary_key=True),
        sa.Column("alarm", sa.JSON, nullable=False),
        sa.Column("due", sa.Float),
    )
    op.create_index("alarms_due", "alarms", ["due"])
    op.create_table(
        "alarm_chats",
        sa.Column("channel_id", sa.Integer, sa.ForeignKey("channels.id"), primary_key=True),
        sa.Column("chat", sa.JSON, nullable=False),
    )
    op.create_table(
        "downtimes",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("selector", sa.JSON, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("begun", sa.Float, nullable=False, server_default="0"),
        sa.Column("due", sa.Float),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("monitor_id", sa.String(36)),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_index("journal_by_time", "journal", ["at"])
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("hold_until", sa.Float, nullable=False, server_default="0"))
    _carry_over()


def _carry_over() -> None:
    """What the detector announced last is what the monitor's channel was told."""
    connection = op.get_bind()
    monitors = sa.table(
        "monitors", *map(sa.column, ("id", "channel_id", "detector", "deleted", "created_at"))
    )
    alarms = sa.table("alarms", *map(sa.column, ("monitor_id", "channel_id", "alarm")))
    query = sa.select(monitors.c.id, monitors.c.channel_id, monitors.c.detector)
    rows = [
        {"monitor_id": row.id, "channel_id": row.channel_id, "alarm": json.dumps(alarm)}
        for row in connection.execute(query.where(monitors.c.deleted == sa.false()))
        if (alarm := _alarm(row.detector))
    ]
    if rows:
        connection.execute(sa.insert(alarms), rows)


def _alarm(detector: str | dict[str, object]) -> dict[str, object]:
    """As `model.alarm_state.Alarm.to_json` writes it; empty when nothing was concluded yet."""
    state = json.loads(detector) if isinstance(detector, str) else detector
    told = state.get("told", state["state"])
    since = state.get("told_since", state["since"])
    if told not in ("up", "down"):
        return {"told_unseen": True} if state.get("told_unseen") else {}
    known = "flapping" if state.get("is_flapping") else told
    found: dict[str, object] = {"known": known, "told": known, "at": since}
    if known != "up":
        is_silent = bool(state.get("is_silent_down"))
        found |= {"reason": state.get("words", ""), "outage_at": since, "counted_at": since}
        found["told_at"] = 0.0 if is_silent else since
    if state.get("told_unseen"):
        found["told_unseen"] = True
    if state["state"] == "unknown":
        found["unseen"] = state.get("held") or "found out afresh"
    return found
