"""Many monitors at once, as files have them: added, or given other settings; all or nothing."""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.errors import Conflict, InvalidValue, PingmonError
from pingmon.model.monitor import Monitor, MonitorRequest
from pingmon.operations.accounts import SecretRenewals, find_secret, known_accounts
from pingmon.operations.add_monitors import store_monitors
from pingmon.operations.channel_check_cache import ChannelCheckCache
from pingmon.operations.context import Context
from pingmon.operations.monitor_request import Accounts, monitor_request
from pingmon.storage.add_monitors import AddResult

log = logging.getLogger(__name__)

KEY, PARENT_KEY = "key", "parent_key"  # parameters that only rows of an import have


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """rows: parameters of add_mon each, and `key`, by which `parent_key` of others may name it.

    secrets: of accounts by any name. verify: ask the other side about the channels. update: give those
    that exist these settings, instead of refusing. later: keys of rows that another request of the same
    import adds; of a dry run.
    """

    rows: Sequence[dict[str, Any]]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    fallback_secret: str | None = field(default=None, repr=False)
    verify: bool = True
    dry_run: bool = False
    update: bool = False
    later: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one monitor of many, by its index. id: of the one that is in the way."""

    index: int
    error: PingmonError
    id: str | None = None


@dataclass(slots=True)
class ImportResult:
    """By index: requests that were right, what became of them. changed: index → (before, after)."""

    requests: dict[int, MonitorRequest] = field(default_factory=dict)
    added: dict[int, AddResult] = field(default_factory=dict)
    changed: dict[int, tuple[Monitor, Monitor]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def import_monitors(
    context: Context, actor: str, asked: ImportRequest, check: Callable[[dict[str, Any]], None]
) -> ImportResult:
    """All or nothing: nothing is changed when there are problems.

    check: raises InvalidValue for parameters of a wrong form.
    """
    result = ImportResult()
    checks = ChannelCheckCache(context.channels, context.accepted) if asked.verify else None
    renewals = SecretRenewals(context)
    names: dict[int, tuple[str, str]] = {}  # index → key, parent_key
    accounts = cache(lambda kind: known_accounts(context, kind) | dict(asked.secrets))
    for index, row in enumerate(asked.rows):
        params = dict(row)
        try:
            names[index] = _text(params, KEY), _text(params, PARENT_KEY)
            _choose_secret(context, params, asked.fallback_secret, accounts)
            check(params)
            request = monitor_request(context, accounts, **params)
            result.requests[index] = request
        except PingmonError as error:
            result.problems.append(Problem(index, error))
    if checks:
        checks.check_all(result.requests.values())
    for index, request in list(result.requests.items()):
        try:
            request = checks.check(request) if checks else request
            channel = renewals.settle(request.channel, was_accepted=checks is not None)
            result.requests[index] = replace(request, channel=channel)
        except PingmonError as error:
            del result.requests[index]
            result.problems.append(Problem(index, error))
    result.problems.sort(key=lambda one: one.index)
    _find_parents(context, result, names, asked.later)
    _find_doubles(context, result)
    _judge(context, result, asked)
    if not asked.dry_run and not result.problems:
        _carry_out(context, actor, result, checks)
        renewals.commit()
    return result


def identity(context: Context, request: MonitorRequest) -> str:
    """What makes it this monitor and no other; the same however it was spelled."""
    channel = request.channel
    account = context.channels[channel.kind].identify(channel.secret)
    parts = (request.address, request.mon_type, request.probe_options)
    return repr((*parts, channel.kind, account, channel.address, channel.topic))


def _text(params: dict[str, Any], name: str) -> str:
    value = params.pop(name, None)
    if value is not None and not isinstance(value, str):
        raise InvalidValue(f"{name} must be text", name)
    return value or ""


def _choose_secret(
    context: Context, params: dict[str, Any], fallback: str | None, accounts: Accounts
) -> None:
    """The fallback is for rows that name no account, or one that is not known here."""
    kinds = [kind for kind in CHANNEL_KINDS.values() if set(kind.required) <= params.keys()]
    needs_no_account = bool(kinds) and not any(kind.account for kind in kinds)
    if not fallback or "token" in params or needs_no_account:
        return
    name = params.get("bot")
    if name is None or not any(find_secret(accounts(kind), str(name)) for kind in context.channels):
        params.pop("bot", None)
        params["token"] = fallback


def _find_parents(
    context: Context, result: ImportResult, names: dict[int, tuple[str, str]], later: frozenset[str]
) -> None:
    """Keys become the IDs that their rows have, or will have."""
    named = {key for _, key in names.values() if key}
    if not named:
        return
    keyed = {key: index for index, (key, _) in names.items() if key in named and index in result.requests}
    for index in keyed.values():
        result.requests[index] = replace(result.requests[index], id=str(uuid.uuid4()))
    wanted = {index: result.requests[index] for index in keyed.values()}
    found = context.store.add(list(wanted.values()), dry_run=True)
    ids = {index: one.monitor.id for index, one in zip(wanted, found, strict=True)}
    for index, (_, key) in names.items():
        request = result.requests.get(index)
        if not key or request is None:
            continue
        parent = ids.get(keyed.get(key, -1)) or (key if key in later else None)
        if parent is None:
            error = InvalidValue(f"no monitor of this import has the key {key!r}", "parent")
            result.problems.append(Problem(index, error))
            continue
        result.requests[index] = replace(request, options=replace(request.options, parent=parent))


def _find_doubles(context: Context, result: ImportResult) -> None:
    seen: dict[str, int] = {}
    for index, request in result.requests.items():
        first = seen.setdefault(identity(context, request), index)
        if replace(result.requests[first], id="") != replace(request, id=""):
            error = Conflict(f"number {first} of this request is the same with other settings")
            result.problems.append(Problem(index, error))


def _judge(context: Context, result: ImportResult, asked: ImportRequest) -> None:
    """What is new, what is there, and what would be another one's change."""
    if not result.requests:
        return
    pool, requests = context.worker_pool, list(result.requests.values())
    added = pool.add(requests, context.sender_pool.start_sender, dry_run=True, expected=asked.later)
    result.added = dict(zip(result.requests, added, strict=True))
    bad = {one.index for one in result.problems}
    for index, one in result.added.items():
        if one.conflict is None or index in bad:
            continue
        if asked.update:
            request, old = result.requests[index], one.monitor
            new = replace(old, name=request.name, detection=request.detection, options=request.options)
            result.changed[index] = (old, new)
        else:
            result.problems.append(Problem(index, one.conflict, one.monitor.id))
    result.problems += _cycles(context, result)


def _cycles(context: Context, result: ImportResult) -> list[Problem]:
    """Rows that would be behind themselves."""
    above = {one.monitor.id: result.requests[index].options.parent for index, one in result.added.items()}
    found = []
    for index, one in result.added.items():
        parent, seen = above[one.monitor.id], {one.monitor.id}
        while parent is not None and parent not in seen:
            seen.add(parent)
            live = context.worker_pool.monitors.get(parent)
            parent = above.get(parent, live.options.parent if live else None)
        if parent == one.monitor.id:
            error = InvalidValue("a monitor can't be its own parent, nor above it", "parent")
            found.append(Problem(index, error))
    return found


def _carry_out(
    context: Context, actor: str, result: ImportResult, checks: ChannelCheckCache | None
) -> None:
    others = [index for index in result.requests if index not in result.changed]
    requests = [result.requests[index] for index in others]
    if requests:
        added = store_monitors(context, actor, requests, checks)
        result.problems += [
            Problem(index, one.conflict, one.monitor.id)
            for index, one in zip(others, added, strict=True)
            if one.conflict
        ]
        result.added |= dict(zip(others, added, strict=True))
    if result.changed and not result.problems:
        context.worker_pool.edit_all(new for _, new in result.changed.values())
        log.info("%s edited %d by a file", actor, len(result.changed))
