"""Adds monitors: validates, checks their channels, stores and watches them in one step."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from pingmon.model.channel_words import channel_words
from pingmon.model.errors import PingmonError
from pingmon.model.monitor import MonitorRequest
from pingmon.operations.accounts import SecretRenewals
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.context import Context
from pingmon.operations.journal import added_entry
from pingmon.operations.monitor_request import monitor_request
from pingmon.operations.tag_settings import with_tag_settings
from pingmon.storage.add_monitors import AddResult, settings_conflict

log = logging.getLogger(__name__)


def add_monitor(context: Context, actor: str, params: Mapping[str, Any], verify: bool) -> AddResult:
    """Raises PingmonError. verify: ask the other side whether the channel can be used."""
    configured = context.configuration.configured
    request = monitor_request(context, **params)
    found = context.store.find(request)
    if found:
        if conflict := settings_conflict(
            found, request.detection, request.name, request.options, request.others
        ):
            raise conflict
        return AddResult(found, False, None)
    checks = ChannelCheckCache(context.channels, context.accepted) if verify else None
    if checks:
        request = checks.check(request)
    renewals = SecretRenewals(context)
    request = renewals.settled(request, was_accepted=verify)
    added = _store_monitor(context, actor, request, checks)
    renewals.commit()
    if context.configuration.configured is not configured:  # since the other side was asked
        current = context.configuration.tags
        context.worker_pool.edit(added.monitor.id, lambda one: with_tag_settings(context, one, current))
    return added


def _store_monitor(
    context: Context, actor: str, request: MonitorRequest, checks: ChannelCheckCache | None
) -> AddResult:
    """checks: what the other side said, None if it was not asked. Raises PingmonError."""
    (added,) = context.worker_pool.add(
        [request], context.sender_pool.start_sender, partial(added_entry, actor)
    )
    if added.conflict:
        raise added.conflict
    one = added.monitor
    if checks:
        with suppress(PingmonError):  # if this fails, the sender finds out itself
            context.store.channels.confirm({its.id for its in one.channels}, checks.moved)
    if added.created:
        told = channel_words(one.channel.kind, one.channel.address)
        log.info("%s added %s, which tells %s [%s]", actor, one.label, told, one.id)
    return added
