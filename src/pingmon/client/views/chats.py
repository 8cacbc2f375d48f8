"""chat list: bots and how they are heard, who may do what, and chats that wrote."""

from typing import Any

from pingmon.client.table import NOTHING, Column, lines, painter, screen_width
from pingmon.client.terminal_text import safe
from pingmon.client.time_words import age, local


def chats(result: dict[str, Any], absolute: bool) -> str:
    """Three tables, those that are empty left out. absolute: times of the local zone instead of ages."""

    def moment(at: str | None) -> str:
        if at is None:
            return NOTHING
        return local(at) if absolute else age(at)

    tables = [
        _bots(result["bots"], moment),
        _allowed(result["allowed"]),
        _seen(result["chats"], moment),
    ]
    return "\n\n".join(one for one in tables if one)


def _bots(bots: list[dict[str, Any]], moment: Any) -> str:
    return _table(
        bots,
        Column("BOT", [_bot(one) for one in bots]),
        Column("COMMANDS", [_commands(one) for one in bots]),
        Column("HEARD", [moment(one["latest_update"]) for one in bots]),
        Column("TROUBLE", [safe(one["words"] or "") or NOTHING for one in bots], 20),
    )


def _bot(one: dict[str, Any]) -> str:
    declared = one["declared"]
    return f"{one['bot']} ({declared})" if declared and declared != one["bot"] else str(one["bot"])


def _commands(one: dict[str, Any]) -> str:
    return ("yes" if one["commands"] else "no") + (", by file" if one["by_file"] else "")


def _allowed(allowed: list[dict[str, Any]]) -> str:
    return _table(
        allowed,
        Column("CHAT", [str(one["chat_id"]) for one in allowed]),
        Column("WHO", [f"user {one['user_id']}" if one["user_id"] else "anybody" for one in allowed]),
        Column("MAY", [one["role"] for one in allowed]),
        Column("UNTIL", [local(one["until"]) if one["until"] else NOTHING for one in allowed]),
        Column("BOT", [one["bot"] or "any" for one in allowed]),
        Column("BY", ["file" if one["by_file"] else safe(one["by"] or NOTHING) for one in allowed], 8),
    )


def _seen(found: list[dict[str, Any]], moment: Any) -> str:
    return _table(
        found,
        Column("CHAT", [str(one["chat_id"]) for one in found]),
        Column("TYPE", [one["type"] or NOTHING for one in found]),
        Column("TITLE", [safe(one["title"]) or NOTHING for one in found], 8),
        Column("BOT", [one["bot"] for one in found]),
        Column("WROTE", [moment(one["seen"]) for one in found]),
    )


def _table(rows: list[dict[str, Any]], *columns: Column) -> str:
    return "\n".join(lines(list(columns), screen_width(), painter())) if rows else ""
