"""add_mon, edit_mon, del_mon."""

from collections.abc import Sequence
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.callers import actor
from pingmon.handlers.selectors import DRY_RUN, SELECTORS, TOUCHED, touched
from pingmon.handlers.shared_schemas import (
    CHANNEL_SETTINGS,
    INTEGER,
    NEW_MONITOR,
    PROBE_SETTINGS,
    SECRETS,
    TARGET,
    UNSET,
    VERIFY,
    or_null,
    result,
)
from pingmon.kinds import CHANNEL_KINDS
from pingmon.kinds.common_settings import HOST_AND_FAMILY, NAME, SETTINGS, schemas
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.operations.add_monitors import add_monitor
from pingmon.operations.changes import describe_changes
from pingmon.operations.context import Context
from pingmon.operations.delete_monitors import delete_monitor, delete_monitors
from pingmon.operations.edit_monitors import Edited, edit_monitor, edit_monitors
from pingmon.operations.selection import select_monitors

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
    "Watch a target and tell people; the same again gives the same ID.",
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
    secrets={prefix + name for name in SECRETS for prefix in ("", "add_", "remove_")},
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
