"""add_mon, edit_mon, del_mon, list_mon, explain."""

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from pingmon.api.method import Caller, method
from pingmon.api.protocol import PAGE_MAX
from pingmon.handlers.callers import actor
from pingmon.handlers.selectors import DRY_RUN, SELECTORS, TOUCHED, touched
from pingmon.handlers.serializers import NO_CHANNEL, described, explained, listed
from pingmon.handlers.shared_schemas import (
    CERTIFICATE_ENDS,
    CHANNEL_SETTINGS,
    COUNTERS,
    FORECAST,
    ID,
    INTEGER,
    MOMENT,
    MONITOR,
    NEW_MONITOR,
    PROBE_SETTINGS,
    SECRETS,
    STATE,
    TARGET,
    UNSET,
    VERIFY,
    or_null,
    result,
)
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.common_settings import DETECTION, HOST_AND_FAMILY, NAME, SETTINGS, schemas
from pingmon.kinds.declaration import FLAG, NUMBER, TEXT
from pingmon.model.alarm_state import Alarm
from pingmon.model.errors import InvalidValue, NotFound
from pingmon.model.monitor import Channel, Monitor
from pingmon.operations.accounts import AccountName, account_names
from pingmon.operations.add_monitors import add_monitor
from pingmon.operations.changes import describe_changes
from pingmon.operations.context import Context
from pingmon.operations.delete_monitors import delete_monitor, delete_monitors
from pingmon.operations.edit_monitors import Edited, edit_monitor, edit_monitors
from pingmon.operations.holds import shown_holds
from pingmon.operations.monitor_request import detection_settings
from pingmon.operations.monitor_view import view
from pingmon.operations.selection import select_monitors
from pingmon.operations.tag_settings import setting_sources

_RENEWED = "the token of its bot"
_TAGS = {"type": "array", "items": TEXT}
_ADDRESSES = {"type": "array", "items": {"type": ["string", "integer"]}}
_ADDRESS = _ADDRESSES | {"type": ["string", "integer", "array"]}
_CHANNEL_CHANGES = {
    name: schema
    for kind in CHANNEL_KINDS.values()
    for name, schema in (
        (kind.address, _ADDRESS | {"description": "another first one; a list: all of this kind"}),
        (f"add_{kind.address}", _ADDRESSES | {"description": "channels that are told besides"}),
        (
            f"remove_{kind.address}",
            _ADDRESSES | {"description": "channels that are told no more; not the first of all"},
        ),
    )
}


@method(
    "Watch an address and tell a chat; the same again gives the same ID.",
    NEW_MONITOR | {"verify": VERIFY},
    result(id=TEXT, created=FLAG),
    secrets=SECRETS,
)
def add_mon(context: Context, caller: Caller, *, verify: bool = True, **params: Any) -> dict[str, Any]:
    added = add_monitor(context, actor(caller), params, verify)
    return {"id": added.monitor.id, "created": added.created}


@method(
    "Change settings of a live monitor; what is known of the device stays.",
    {
        "id": SELECTORS["id"],
        "tag": SELECTORS["tag"],
        "state": SELECTORS["state"],
        "where": SELECTORS["where"],
        "all": SELECTORS["all"],
        **schemas((NAME, *PROBE_SETTINGS, *SETTINGS)),
        "ip_address": TEXT | {"description": "another one: what is so there is found out afresh"},
        **schemas(HOST_AND_FAMILY),
        **schemas(CHANNEL_SETTINGS),
        **_CHANNEL_CHANGES,
        "add_tag": _TAGS | {"description": "tags that it has besides"},
        "remove_tag": _TAGS | {"description": "tags that it has no more"},
        **DRY_RUN,
        "unset": UNSET,
        "token": TEXT
        | {"description": "a newer one of its bot: all monitors of the bot use it; or another bot's"},
        "verify": VERIFY,
    },
    result(
        id=TEXT,
        changed={"type": ["boolean", "integer"], "description": "of several: how many"},
        changes=TEXT | {"description": "for people"},
        monitors=TOUCHED["properties"]["monitors"] | {"description": "instead of id, of several"},
        renewed=FLAG | {"description": "of several: their bot has another token"},
    ),
    secrets=SECRETS,
)
def edit_mon(
    context: Context,
    caller: Caller,
    *,
    id: str | int | list[str] | None = None,
    unset: Sequence[str] = (),
    dry_run: bool = False,
    verify: bool = True,
    **changes: Any,
) -> dict[str, Any]:
    which = {name: changes.pop(name, None) for name in ("tag", "state", "where", "all")}
    if not isinstance(id, str) or any(which.values()) or dry_run:
        monitors = select_monitors(context, which | {"id": id}).monitors
        done = edit_monitors(context, actor(caller), monitors, changes, unset, dry_run, verify)
        return _edited(context, done, dry_run)
    done = edit_monitor(context, actor(caller), id, changes, unset, verify)
    ((old, new),) = done.pairs
    words = (describe_changes(context, old, new), _RENEWED if done.renewed else "")
    return {
        "id": new.id,
        "changed": new != old or done.renewed,
        "changes": ", ".join(filter(None, words)),
    }


def _edited(context: Context, done: Edited, dry_run: bool) -> dict[str, Any]:
    changed = [new.id for old, new in done.pairs if new is not old]
    found = touched((new for _, new in done.pairs), changed)
    for row, (old, new) in zip(found["monitors"], done.pairs, strict=True):
        row["changes"] = describe_changes(context, old, new)
    return found | {"changed": 0 if dry_run else found["changed"], "renewed": done.renewed}


@method(
    "What was learned of the path, and what these or other settings mean on it.",
    {"id": ID, **schemas(DETECTION)},
    {
        "type": "object",
        "properties": {
            "id": TEXT,
            "name": TEXT,
            "ip_address": or_null(TEXT),
            "host": or_null(TEXT),
            "resolver": TEXT | {"description": "what is wrong with its name now; empty: nothing"},
            "target": TARGET,
            "since": MOMENT,
            "state": STATE,
            "reason": TEXT,
            "loss": NUMBER | {"description": "P(loss after a reply)"},
            "loss_after_loss": NUMBER | {"description": "P(loss a second after a loss)"},
            "burst_s": NUMBER | {"description": "seconds that losses last on average"},
            "phi": NUMBER | {"description": "suspicion of the losses in a row right now"},
            "bound": or_null(NUMBER) | {"description": "phi at which it is down"},
            "probes": {"type": "integer", "description": "that this rests on; the old count less"},
            "runs_of_losses": NUMBER | {"description": "likewise"},
            "assumed": FLAG | {"description": "nothing was measured yet: what follows is assumed"},
            "path": TEXT | {"description": "what it looks like, for people; empty while little is known"},
            "limit": TEXT | {"description": "what forbids the budget; empty if nothing does"},
            "neighbours": TEXT | {"description": "what they lost in the last minute, or empty"},
            "hint": TEXT | {"description": "for people, empty when there is none"},
            "local_error": or_null({"type": "object"})
            | {"description": "what keeps its probes from leaving: kind (as errno(3)), words, since"},
            "note": TEXT | {"description": "what is odd about its latest answers, or empty"},
            "certificate_ends": CERTIFICATE_ENDS,
            "counters": COUNTERS,
            "sources": {
                "type": "object",
                "additionalProperties": TEXT,
                "description": "setting: given, tag TAG or default",
            },
            "now": FORECAST,
            "with": FORECAST | {"description": "with the settings that were given"},
        },
        "required": [
            "id",
            "state",
            "reason",
            "loss",
            "loss_after_loss",
            "burst_s",
            "phi",
            "bound",
            "probes",
            "runs_of_losses",
            "path",
            "limit",
            "neighbours",
            "hint",
            "note",
            "counters",
            "now",
        ],
    },
    ["id"],
)
def explain(context: Context, caller: Caller, *, id: str, **changes: Any) -> dict[str, Any]:
    monitor = context.worker_pool.find_monitor(id)
    seen = view(context, monitor)
    if seen is None:
        raise NotFound(id)
    other = detection_settings(changes, monitor.detection) if changes else None
    shown = explained(monitor, seen.state, seen.group, other, seen.neighbour, seen.resolver)
    return shown | {"sources": setting_sources(context, monitor)}


@method(
    "Stop watching. One by its ID alone: deleting it again succeeds and says so; else all or none.",
    SELECTORS | DRY_RUN,
    result(
        id=TEXT,
        deleted={"type": ["boolean", "integer"], "description": "of several: how many"},
        name=TEXT,
        ip_address=or_null(TEXT),
        target=TARGET,
        monitors=TOUCHED["properties"]["monitors"] | {"description": "instead of id, of several"},
        children=INTEGER | {"description": "monitors that were behind it"},
        dropped=INTEGER | {"description": "messages that went, too: nothing reaches their channel"},
    ),
)
def del_mon(
    context: Context,
    caller: Caller,
    *,
    id: str | int | list[str] | None = None,
    dry_run: bool = False,
    **which: Any,
) -> dict[str, Any]:
    if not isinstance(id, str) or any(which.values()) or dry_run:
        monitors = select_monitors(context, which | {"id": id}).monitors
        done = delete_monitors(context, actor(caller), monitors, dry_run)
        gone = [] if dry_run else [one.id for one in done.monitors]
        shown = touched(done.monitors, gone)
        counts = {"children": done.children, "dropped": done.dropped}
        return {"monitors": shown["monitors"], "deleted": shown["changed"], **counts}
    found, done = delete_monitor(context, actor(caller), id)
    monitor = next(iter(done.monitors), None)
    return {
        "id": found,
        "deleted": monitor is not None,
        "name": monitor.name if monitor else "",
        "ip_address": (monitor.address or None) if monitor else "",
        "target": monitor.target_label if monitor else "",
        "children": done.children,
        "dropped": done.dropped,
    }


@method(
    "The monitors, page by page.",
    {
        "after": or_null(TEXT) | {"description": "cursor: `next` of the last page"},
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_MAX},
        **SELECTORS,
    },
    result(monitors={"type": "array", "items": MONITOR}, next=or_null(TEXT)),
)
def list_mon(
    context: Context,
    caller: Caller,
    *,
    after: str | None = None,
    limit: int = PAGE_MAX,
    **which: Any,
) -> dict[str, Any]:
    ids, wanted = context.worker_pool.monitors.ids(), None
    if any(value not in (None, False, []) for value in which.values()):
        wanted = {one.id for one in select_monitors(context, which).monitors}
    try:
        start = ids.index(after) + 1 if after is not None else 0
    except ValueError:
        words = "the list changed at its cursor; start again without `after`"
        raise InvalidValue(words, "after") from None
    left = (one for one in islice(ids, start, None) if wanted is None or one in wanted)
    page = list(islice(left, limit + 1))
    more, page = len(page) > limit, page[:limit]
    names, held = account_names(context), context.store.alarms.of_all(page)
    look = Look(context, context.store.outbox.deliveries(), names, held, time.time())
    rows = [row for one in page if (row := look.row(one))]
    return {"monitors": rows, "next": page[-1] if more else None}


class Look(NamedTuple):
    """What rows of list_mon are made of at a moment. deliveries: by channel. names: by account."""

    context: Context
    deliveries: Mapping[int, str]
    names: Mapping[int, AccountName]
    held: Mapping[str, Mapping[int, Alarm]]
    now: float

    def row(self, monitor_id: str) -> dict[str, Any] | None:
        """None when the monitor was deleted meanwhile."""
        context = self.context
        monitor = context.worker_pool.monitors.get(monitor_id)
        worker = context.worker_pool.worker_of(monitor.watched_at) if monitor else None
        group = worker.group_of(monitor) if worker and monitor else None
        state = group.states.get(monitor_id) if group else None
        if monitor is None or group is None or state is None:
            return None
        channel = described(context, monitor.channel)
        if "bot" in channel and (name := self.names.get(monitor.channel.account_id)):
            channel |= {"bot_id": name.number, "bot_declared": name.declared}
        alarms = self.held.get(monitor_id, {})
        holds = {
            one.id: shown_holds(context, monitor, alarms, self.now, one.id) for one in monitor.channels
        }
        first = monitor.channel.id
        channels = [
            {
                "kind": one.kind,
                **NO_CHANNEL,
                **described(context, one),
                "delivery": self.deliveries.get(one.id, "ok"),
                "held": holds[one.id][0] if holds[one.id] else None,
                "group": _group_of(monitor, one),
            }
            for one in monitor.channels
        ]
        delivery = self.deliveries.get(first, "ok")
        resolver = context.resolver_words(monitor)
        return listed(monitor, channel, group, state, delivery, holds[first], channels, resolver)


def _group_of(monitor: Monitor, channel: Channel) -> str | None:
    """The group that gives a channel, if it was not given otherwise."""
    is_own = channel in monitor.others or (channel == monitor.channel and monitor.is_channel_own)
    is_grouped = any(one.id == channel.id for one in monitor.grouped)
    return monitor.options.group if is_grouped and not is_own else None
