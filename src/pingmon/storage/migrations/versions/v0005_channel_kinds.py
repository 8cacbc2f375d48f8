"""Accounts are of a kind of channel; secrets are unique within it."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"

# The constraint of v0001 has no name of its own: this is the one that PostgreSQL gave it.
NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}


def upgrade() -> None:
    with op.batch_alter_table("bots", naming_convention=NAMES) as batch:
        batch.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="telegram"))
        batch.drop_constraint("bots_token_key", type_="unique")
        batch.create_unique_constraint("bots_kind_token_key", ["kind", "token"])
