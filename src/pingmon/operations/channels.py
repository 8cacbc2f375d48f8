"""Sends a test message, and lists the chats that wrote to an account."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from pingmon.model.channel_words import channel_words
from pingmon.model.delivery import AddressFinder, DeliveryAnswer, FoundAddresses
from pingmon.model.errors import InvalidValue, Refused, Unreachable
from pingmon.model.monitor import Channel, Monitor
from pingmon.notify.message_text import render_trial
from pingmon.notify.structured_events import trial_event
from pingmon.operations.accounts import find_secret, known_accounts, same_account
from pingmon.operations.context import Context
from pingmon.storage.channels import Account


class Trial(NamedTuple):
    """What became of the test message to a channel. words: why it was not delivered, and what to do."""

    channel: Channel
    answer: DeliveryAnswer
    words: str = ""


def send_test_messages(context: Context, monitor_id: str) -> tuple[Monitor, list[Trial]]:
    """Sends to all its channels now, past the queue.

    Raises NotFound; Refused, Unreachable when one was not told, after all were tried.
    """
    monitor = context.worker_pool.find_monitor(monitor_id)
    accounts = {one.id: one for one in context.store.channels.accounts()}
    trials = [
        _try(context, monitor, one, accounts[one.account_id])
        for one in monitor.channels
        if one.account_id in accounts and one.kind in context.channels
    ]
    failed = [one for one in trials if one.words]
    if failed or not trials:
        is_refused = all(one.answer.is_from_service for one in failed)
        delivered = [str(one.channel) for one in trials if not one.words]
        told = f"; it was delivered to {', '.join(delivered)}" if delivered else ""
        words = "; ".join(one.words for one in failed) or "no channel of it is known here"
        raise (Refused if is_refused else Unreachable)(words + told)
    return monitor, trials


def _try(context: Context, monitor: Monitor, channel: Channel, account: Account) -> Trial:
    about = {"name": monitor.name, "address": monitor.target_label}
    answer, address = context.sender_pool.send_now(
        account,
        context.store.channels.recipient(channel.id),
        lambda words: render_trial(about, words),
        monitor.options.language,
        (trial_event(monitor, time.time()),),
    )
    if answer.is_delivered:
        return Trial(channel, answer)
    what = f"{answer.remedy}, then run this again" if answer.remedy else "try again"
    place = channel_words(channel.kind, address)
    words = f"the test message to {place} was not delivered: {answer.reason}; {what}"
    return Trial(channel, answer, words)


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
