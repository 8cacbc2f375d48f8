"""import_mon: many monitors at once, as files have them."""

from typing import Any

from pingmon.api.method import Caller, method
from pingmon.api.protocol import PAGE_MAX
from pingmon.handlers.callers import actor
from pingmon.handlers.monitors import add_mon
from pingmon.handlers.schemas import INTEGER, VERIFY, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.model.errors import PingmonError
from pingmon.model.redaction import redact
from pingmon.operations.add_monitors import Problem, import_monitors
from pingmon.operations.context import Context


@method(
    "Add many, all or nothing; `errors` names every bad one by its index.",
    {
        "monitors": {"type": "array", "items": {"type": "object"}, "maxItems": PAGE_MAX},
        "verify": VERIFY,
        "dry_run": FLAG | {"default": False, "description": "change nothing"},
    },
    result(
        created=INTEGER,
        existing=INTEGER,
        new={"type": "array", "items": INTEGER},
        ids={"type": "array", "items": TEXT},
        errors={"type": "array", "items": {"type": "object"}},
    ),
    ["monitors"],
    secrets=["monitors"],
)
def import_mon(
    context: Context,
    caller: Caller,
    *,
    monitors: list[dict[str, Any]],
    verify: bool = True,
    dry_run: bool = False,
) -> dict[str, Any]:
    added, problems = import_monitors(context, actor(caller), monitors, verify, dry_run, add_mon.check)
    return {
        "created": sum(one.created for one in added),
        "existing": sum(not one.created for one in added),
        "new": [index for index, one in enumerate(added) if one.created],
        "ids": [] if dry_run else [one.monitor.id for one in added],
        "errors": [_shown(one) for one in problems],
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
