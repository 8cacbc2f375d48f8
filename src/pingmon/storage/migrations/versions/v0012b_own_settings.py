"""Which settings were given for a monitor. Null, of older ones: those that are not the default."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012b", "0012a"


def upgrade() -> None:
    op.add_column("monitors", sa.Column("own", sa.JSON))
