"""A channel in few words, whatever its kind."""

from typing import Any

from pingmon.kinds import CHANNEL_KINDS

CHAT = "chat_id"


def recipient(row: dict[str, Any]) -> str:
    """Where messages go: of whatever kind the channel is, its address, and the topic of a chat."""
    names = (kind.address for kind in CHANNEL_KINDS.values())
    address = next((str(row[name]) for name in names if row.get(name)), "")
    return address + (f"/{row['thread_id']}" if row.get("thread_id") else "")


def named(row: dict[str, Any]) -> str:
    """ "chat 1001", "email noc@example.org"."""
    names = (kind.address for kind in CHANNEL_KINDS.values())
    name = next((one for one in names if row.get(one)), CHAT)
    return f"{'chat' if name == CHAT else name} {recipient(row) or '-'}"


def counted(rows: list[dict[str, Any]]) -> str:
    """What so many of them are called: chats, as long as there is nothing else."""
    return "chat" if all(row.get(CHAT) for row in rows) else "channel"
