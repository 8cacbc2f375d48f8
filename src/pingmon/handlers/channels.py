"""test_mon, find_chat."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.schemas import ID, SECRETS, result
from pingmon.kinds.declaration import TEXT
from pingmon.operations.channels import list_chats, send_test_message
from pingmon.operations.context import Context


@method(
    "Send a test message to the monitor's chat now and tell what became of it.",
    {"id": ID},
    result(id=TEXT, chat_id=TEXT),
    ["id"],
)
def test_mon(context: Context, caller: Caller, *, id: str) -> dict[str, Any]:
    monitor = send_test_message(context, id)
    return {"id": monitor.id, "chat_id": monitor.channel.address}


@method(
    "The chats that a bot has heard from in the last day.",
    {"token": TEXT, "bot": TEXT | {"description": "one that the configuration declares"}},
    result(chats={"type": "array", "items": {"type": "object"}}),
    secrets=SECRETS,
)
def find_chat(
    context: Context, caller: Caller, *, token: str | None = None, bot: str | None = None
) -> dict[str, Any]:
    return {"chats": list_chats(context, {"token": token, "bot": bot})}
