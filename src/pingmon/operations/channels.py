"""Channels are tried and found: a test message, the chats that a bot has heard from."""

from html import escape
from typing import Any

from pingmon.channels.telegram.checks import find_chats, remedy_for
from pingmon.model.errors import NotFound, Refused, Unreachable
from pingmon.model.monitor import Monitor
from pingmon.operations.context import Context
from pingmon.operations.monitor_request import resolve_token


def send_test_message(context: Context, monitor_id: str) -> Monitor:
    """Sends now, past the queue. Raises NotFound, Refused, Unreachable."""
    monitor = context.worker_pool.find_monitor(monitor_id)
    token = context.store.channels.token_of(monitor.id)
    if token is None:
        raise NotFound(monitor_id)
    place, label = context.store.channels.place(monitor.channel.id), monitor.name or monitor.address
    answer, chat = context.sender_pool.send_now(token, place, f"pingmon: a test for {escape(label)}")
    if not answer.ok:
        kind = Refused if answer.error_code else Unreachable
        what = f"{remedy_for(answer)}, then run this again" if answer.is_permanent else "try again"
        raise kind(f"the test message to chat {chat} was not delivered: {answer.words}; {what}")
    return monitor


def list_chats(context: Context, token: str | None, bot: str | None) -> list[dict[str, Any]]:
    """The chats that a bot has heard from lately. Raises InvalidValue, Refused, Unreachable."""
    found = resolve_token(context.declared_bots(), token, bot)
    return find_chats(found, context.sender_pool.endpoint)
