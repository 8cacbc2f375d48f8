"""Options of monitors, messages that wait for a time, the budget instead of three losses."""

import json

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.add_column("monitors", sa.Column("options", sa.JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("not_before", sa.Float, nullable=False, server_default="0"))
        batch.alter_column("monitor_id", existing_type=sa.String(36), nullable=True)
    # Three losses in a row was the default, which the budget replaces.
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, settings FROM monitors")).all():
        settings = json.loads(row.settings) if isinstance(row.settings, str) else row.settings
        if settings.get("down_after") == 3:
            values = {"id": row.id, "settings": json.dumps(settings | {"down_after": None})}
            connection.execute(sa.text("UPDATE monitors SET settings = :settings WHERE id = :id"), values)
