"""Accounts and addresses of channels may be as long as a URL."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0017", "0016"

NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}


def upgrade() -> None:
    with op.batch_alter_table("bots", naming_convention=NAMES) as batch:
        batch.alter_column("token", existing_type=sa.String(80), type_=sa.Text, nullable=False)
        batch.alter_column("name", existing_type=sa.String(64), type_=sa.Text, nullable=False)
    with op.batch_alter_table("channels", naming_convention=NAMES) as batch:
        batch.alter_column("chat_id", existing_type=sa.String(64), type_=sa.Text, nullable=False)
        batch.alter_column("migrated_to", existing_type=sa.String(64), type_=sa.Text)
