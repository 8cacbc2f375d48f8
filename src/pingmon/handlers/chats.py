"""chat_list, chat_allow, chat_deny, chat_enable, chat_disable."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.callers import actor
from pingmon.handlers.shared_schemas import MOMENT, or_null, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.model.chat_rights import Role
from pingmon.model.timestamps import rfc3339
from pingmon.operations import chats as operation
from pingmon.operations.context import Context

CHAT_ID = {"type": ["string", "integer"], "description": "a chat: its number or @name"}
USER_ID = {"type": "integer", "description": "a person; without it, whoever is in the chat"}
BOT = TEXT | {"description": "a bot: its name or number; not needed when there is one only"}
ROLE = {
    "enum": [one.word for one in Role if one is not Role.NONE],
    "description": "view: look; operate: also acknowledge and mute; admin: all",
}
_LIST = {"type": "array", "items": {"type": "object"}}


@method(
    "Bots and whether they take commands, who may do what, and the chats that wrote to them.",
    {},
    result(bots=_LIST, allowed=_LIST, chats=_LIST),
)
def chat_list(context: Context, caller: Caller) -> dict[str, Any]:
    found = operation.chat_list(context)
    return {
        "bots": [bot_json(one) for one in found.bots],
        "allowed": [
            {
                "bot": one.bot or None,
                "chat_id": one.address,
                "user_id": one.user_id or None,
                "role": one.role,
                "until": _moment(one.until),
                "by": one.by or None,
                "by_file": one.by_file,
            }
            for one in found.grants
        ],
        "chats": [
            {
                "bot": bot,
                "chat_id": one.address,
                "type": one.kind,
                "title": one.title,
                "seen": rfc3339(one.seen_at),
            }
            for bot, one in found.seen
        ],
    }


@method(
    "Allow a person, or whoever is in a chat, to do something from there.",
    {
        "chat_id": CHAT_ID,
        "user_id": USER_ID,
        "role": ROLE,
        "for": TEXT | {"description": "how long, as 1d; without it there is no end"},
        "bot": BOT,
    },
    result(bot=TEXT, chat_id=TEXT, role=TEXT, until=or_null(MOMENT)),
    ["chat_id", "role"],
)
def chat_allow(
    context: Context,
    caller: Caller,
    *,
    chat_id: str | int,
    role: str,
    user_id: int | None = None,
    bot: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    account, grant = operation.allow(
        context, actor(caller), str(chat_id), user_id, role, more.get("for"), bot
    )
    return {
        "bot": account.name,
        "chat_id": grant.address,
        "user_id": grant.user_id or None,
        "role": grant.role,
        "until": _moment(grant.until),
    }


@method(
    "Take away what a person, or whoever is in a chat, was allowed there.",
    {"chat_id": CHAT_ID, "user_id": USER_ID, "bot": BOT},
    result(bot=TEXT, changed=FLAG),
    ["chat_id"],
)
def chat_deny(
    context: Context,
    caller: Caller,
    *,
    chat_id: str | int,
    user_id: int | None = None,
    bot: str | None = None,
) -> dict[str, Any]:
    account, changed = operation.deny(context, actor(caller), str(chat_id), user_id, bot)
    return {"bot": account.name, "changed": changed}


@method(
    "Take commands from the chats of a bot. The configuration may say so, too.",
    {"bot": BOT},
    result(bot=TEXT, changed=FLAG),
)
def chat_enable(context: Context, caller: Caller, *, bot: str | None = None) -> dict[str, Any]:
    account, changed = operation.set_enabled(context, actor(caller), bot, True)
    return {"bot": account.name, "changed": changed}


@method(
    "Take no commands from the chats of a bot any more.",
    {"bot": BOT},
    result(bot=TEXT, changed=FLAG),
)
def chat_disable(context: Context, caller: Caller, *, bot: str | None = None) -> dict[str, Any]:
    account, changed = operation.set_enabled(context, actor(caller), bot, False)
    return {"bot": account.name, "changed": changed}


def bot_json(one: operation.TalkingBot) -> dict[str, Any]:
    """Of one bot: whether its commands are read, and how that goes."""
    state = one.state
    return {
        "bot": one.account.name,
        "declared": one.declared or None,
        "commands": one.is_enabled,
        "by_file": one.by_file,
        "trouble": (state.trouble or None) if state else None,
        "words": (state.words or None) if state else None,
        "since": _moment(state.since or None) if state else None,
        "latest_update": _moment(state.latest_update or None) if state else None,
        "conflicts": state.conflicts if state else 0,
    }


def _moment(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)
