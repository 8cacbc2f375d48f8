"""@names of chats are kept in small letters: Telegram's are the same in capitals."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    connection = op.get_bind()
    query = sa.text("SELECT id, bot_id, chat_id, thread_id FROM channels WHERE chat_id LIKE '@%'")
    rows = connection.execute(query).all()
    taken = {(row.bot_id, row.chat_id, row.thread_id) for row in rows}
    change = sa.text("UPDATE channels SET chat_id = :name WHERE id = :id")
    for row in rows:
        name = row.chat_id.lower()
        if (row.bot_id, name, row.thread_id) not in taken:  # else there were two already: both stay
            taken.add((row.bot_id, name, row.thread_id))
            connection.execute(change, {"name": name, "id": row.id})
