"""How long a service wants nothing for an address is remembered over a restart."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0012a", "0012"


def upgrade() -> None:
    for name in ("flood_until", "flood_seconds"):
        op.add_column("channels", sa.Column(name, sa.Float, nullable=False, server_default="0"))
