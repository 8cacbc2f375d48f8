"""Sends a test message, and lists the chats that wrote to an account."""

import time
from collections.abc import Mapping
from typing import Any

from pingmon.model.delivery import AddressFinder, FoundAddresses
from pingmon.model.errors import InvalidValue, NotFound, Refused, Unreachable
from pingmon.model.monitor import Monitor
from pingmon.notify.message_text import render_trial
from pingmon.notify.structured_events import trial_event
from pingmon.operations.accounts import find_secret, known_accounts, same_account
from pingmon.operations.context import Context


def send_test_message(context: Context, monitor_id: str) -> Monitor:
    """Sends now, past the queue. Raises NotFound, Refused, Unreachable."""
    monitor = context.worker_pool.find_monitor(monitor_id)
    account = context.store.channels.account_of(monitor.id)
    if account is None:
        raise NotFound(monitor_id)
    recipient = context.store.channels.recipient(monitor.channel.id)
    about = {"name": monitor.name, "address": monitor.target_label}
    answer, chat = context.sender_pool.send_now(
        account,
        recipient,
        lambda words: render_trial(about, words),
        monitor.options.language,
        (trial_event(monitor, time.time()),),
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
            seen = _seen_by_poller(context, kind, params)
            if seen is not None:
                return FoundAddresses(seen)
            return service.find_addresses(params, known_accounts(context, kind), discard)
    raise InvalidValue("no kind of channel can list its chats")


def _seen_by_poller(
    context: Context, kind: str, params: Mapping[str, Any]
) -> list[dict[str, Any]] | None:
    """Of an account whose commands are read, as only one may ask what it hears; else None."""
    bot, token = params.get("bot"), params.get("token")
    if (bot is None) == (token is None):
        return None
    service = context.channels[kind]
    secret = find_secret(known_accounts(context, kind), bot) if bot else service.parse_secret(token or "")
    known = same_account(context, context.store.channels.accounts(), kind, secret) if secret else None
    if known is None or known.id not in context.polling.states():
        return None
    return [
        {"id": int(one.address), "type": one.kind, "title": one.title}
        for one in context.store.chats.seen(known.id)
    ]
