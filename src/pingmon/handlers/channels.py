"""test_mon, find_chat, renew_token."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.callers import actor
from pingmon.handlers.serializers import NO_CHANNEL, described
from pingmon.handlers.shared_schemas import CHANNEL_FIELDS, ID, INTEGER, SECRETS, or_null, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.kinds.telegram import TELEGRAM
from pingmon.operations.accounts import renew_token as renew_account_token
from pingmon.operations.channels import list_chats, send_test_messages
from pingmon.operations.context import Context


@method(
    "Send a test message to all channels of a monitor now and tell what became of it.",
    {"id": ID},
    result(
        id=TEXT,
        chat_id=or_null(TEXT) | {"description": "the first chat that was told"},
        channels={"type": "array", "items": result(kind=TEXT, **CHANNEL_FIELDS)},
    ),
    ["id"],
)
def test_mon(context: Context, caller: Caller, *, id: str) -> dict[str, Any]:
    monitor, trials = send_test_messages(context, id)
    channels: list[dict[str, Any]] = [
        {"kind": one.channel.kind, **NO_CHANNEL, **described(context, one.channel)} for one in trials
    ]
    chats = [one["chat_id"] for one in channels if one["chat_id"]]
    return {"id": monitor.id, "chat_id": next(iter(chats), None), "channels": channels}


@method(
    "The chats that a bot has heard from in the last day.",
    {
        "token": TEXT,
        "bot": TEXT | {"description": "declared name, username or number"},
        "discard": FLAG
        | {"default": False, "description": "updates that hide newer ones; nobody gets them again"},
    },
    result(
        chats={"type": "array", "items": {"type": "object"}},
        more=FLAG | {"description": "newer ones can't be seen without `discard`"},
        discarded=INTEGER | {"description": "updates"},
    ),
    secrets=SECRETS,
)
def find_chat(
    context: Context,
    caller: Caller,
    *,
    token: str | None = None,
    bot: str | None = None,
    discard: bool = False,
) -> dict[str, Any]:
    found = list_chats(context, {"token": token, "bot": bot}, discard)
    return {"chats": found.addresses, "more": found.is_cut, "discarded": found.discarded}


@method(
    "A bot has a new token: all its monitors use it, after Telegram accepted it.",
    {"token": TEXT, "bot": TEXT | {"description": "which bot it must be of"}},
    result(bot=TEXT, declared=or_null(TEXT), changed=FLAG),
    ["token"],
    secrets=SECRETS,
)
def renew_token(
    context: Context, caller: Caller, *, token: str, bot: str | None = None
) -> dict[str, Any]:
    account, declared, changed = renew_account_token(context, actor(caller), TELEGRAM.name, token, bot)
    return {"bot": account.name, "declared": declared or None, "changed": changed}
