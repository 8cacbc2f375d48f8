"""Sends a test message, and lists the chats that wrote to an account."""

from collections.abc import Mapping
from typing import Any

from pingmon.model.delivery import AddressFinder, FoundAddresses
from pingmon.model.errors import InvalidValue, NotFound, Refused, Unreachable
from pingmon.model.monitor import Monitor
from pingmon.notify.message_text import render_trial
from pingmon.operations.accounts import known_accounts
from pingmon.operations.context import Context


def send_test_message(context: Context, monitor_id: str) -> Monitor:
    """Sends now, past the queue. Raises NotFound, Refused, Unreachable."""
    monitor = context.worker_pool.find_monitor(monitor_id)
    account = context.store.channels.account_of(monitor.id)
    if account is None:
        raise NotFound(monitor_id)
    recipient = context.store.channels.recipient(monitor.channel.id)
    about = {"name": monitor.name, "address": monitor.address}
    answer, chat = context.sender_pool.send_now(
        account, recipient, lambda words: render_trial(about, words), monitor.options.language
    )
    if not answer.is_delivered:
        kind = Refused if answer.is_from_service else Unreachable
        what = f"{answer.remedy}, then run this again" if answer.remedy else "try again"
        raise kind(f"the test message to chat {chat} was not delivered: {answer.reason}; {what}")
    return monitor


def list_chats(context: Context, params: Mapping[str, Any], discard: bool) -> FoundAddresses:
    """The chats that wrote to an account lately. Raises InvalidValue, Refused, Unreachable.

    params: what says which account, as its kind declares it. discard: see AddressFinder.
    """
    for kind, service in context.channels.items():
        if isinstance(service, AddressFinder):
            return service.find_addresses(params, known_accounts(context, kind), discard)
    raise InvalidValue("no kind of channel can list its chats")
