"""import_mon: many monitors at once, as files have them."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.api.protocol import PAGE_MAX
from pingmon.handlers.callers import actor
from pingmon.handlers.monitors import add_mon
from pingmon.handlers.schemas import INTEGER, SECRETS, VERIFY, result
from pingmon.handlers.serializers import setting_changes
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.model.errors import PingmonError
from pingmon.model.redaction import redact
from pingmon.operations.context import Context
from pingmon.operations.import_monitors import (
    ImportRequest,
    ImportResult,
    Problem,
    identity,
    import_monitors,
)

_OBJECTS = {"type": "array", "items": {"type": "object"}}


@method(
    "Add many, all or nothing; `errors` names every bad one by its index.",
    {
        "monitors": _OBJECTS
        | {
            "maxItems": PAGE_MAX,
            "description": "as add_mon takes them; and `key`, by which `parent_key` of others names it",
        },
        "verify": VERIFY,
        "dry_run": FLAG | {"default": False, "description": "change nothing"},
        "update": FLAG
        | {"default": False, "description": "give those that exist these settings, instead of refusing"},
        "token": TEXT | {"description": "of monitors that name no bot, or one that is not known here"},
        "tokens": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "by the bot that monitors name",
        },
        "later": {
            "type": "array",
            "items": TEXT,
            "description": "keys that another request of this import adds; with dry_run",
        },
    },
    result(
        created=INTEGER,
        existing=INTEGER,
        changed=INTEGER,
        new={"type": "array", "items": INTEGER},
        ids={"type": "array", "items": TEXT},
        rows=_OBJECTS | {"description": "by index: identity, ip_address, id (null: not there)"},
        changes=_OBJECTS | {"description": "index, id, changes: setting → [before, after]"},
        errors=_OBJECTS,
    ),
    ["monitors"],
    secrets=SECRETS | {"monitors", "tokens"},
)
def import_mon(
    context: Context,
    caller: Caller,
    *,
    monitors: list[dict[str, Any]],
    verify: bool = True,
    dry_run: bool = False,
    update: bool = False,
    token: str | None = None,
    tokens: dict[str, str] | None = None,
    later: list[str] | None = None,
) -> dict[str, Any]:
    expected = frozenset(later or ()) if dry_run else frozenset[str]()
    asked = ImportRequest(monitors, tokens or {}, token, verify, dry_run, update, expected)
    done = import_monitors(context, actor(caller), asked, add_mon.check)
    added = [] if done.problems else list(done.added.items())
    new = [index for index, one in added if one.created]
    return {
        "created": len(new),
        "existing": len(added) - len(new) - len(done.changed) if added else 0,
        "changed": len(done.changed) if added else 0,
        "new": new,
        "ids": [] if dry_run else [one.monitor.id for _, one in added],
        "rows": [_row(context, done, index) for index in range(len(monitors))],
        "changes": [
            {"index": index, "id": before.id, "changes": setting_changes(before, after)}
            for index, (before, after) in done.changed.items()
        ],
        "errors": [_shown(one) for one in done.problems],
    }


def _row(context: Context, done: ImportResult, index: int) -> dict[str, Any]:
    request, added = done.requests.get(index), done.added.get(index)
    if request is None:
        return {"identity": None, "ip_address": None, "id": None}
    is_there = added is not None and added.monitor.id in context.worker_pool.monitors
    return {
        "identity": identity(context, request),
        "ip_address": request.address,
        "id": added.monitor.id if added and is_there else None,
    }


def _shown(problem: Problem) -> dict[str, Any]:
    error: PingmonError = problem.error
    shown = {
        "index": problem.index,
        "message": redact(str(error)),
        "field": error.field and redact(error.field),
        "kind": error.kind,
    }
    return shown | ({"id": problem.id} if problem.id else {})
