"""Tags of monitors, and which of their settings were given. Old ones: those that are not the default."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012b", "0012a"


def upgrade() -> None:
    op.add_column("monitors", sa.Column("tags", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("monitors", sa.Column("own", sa.JSON))
