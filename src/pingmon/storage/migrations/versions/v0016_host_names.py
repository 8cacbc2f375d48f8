"""Monitors of names: the name that is watched, and of which family its addresses are."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0016", "0015"


def upgrade() -> None:
    op.add_column("monitors", sa.Column("host", sa.String(253), nullable=False, server_default=""))
    op.add_column("monitors", sa.Column("family", sa.String(1), nullable=False, server_default=""))
    named = sa.text("host != ''")
    op.create_index("monitors_by_host", "monitors", ["host"], sqlite_where=named, postgresql_where=named)
