"""import_mon: a small plan in one request."""

import time
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.api.protocol import PAGE_MAX
from pingmon.handlers.callers import actor
from pingmon.handlers.monitors import add_mon
from pingmon.handlers.plans import ERRORS, OBJECTS, PLAN_OPTIONS, ROWS
from pingmon.handlers.serializers import problem_shown, setting_changes
from pingmon.handlers.shared_schemas import INTEGER, SECRETS, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.operations.context import Context
from pingmon.operations.import_plan import Plan, PlanOptions
from pingmon.operations.import_plan_check import check_plan
from pingmon.operations.import_plan_commit import carry_out, changes_of


@method(
    "Add many, all or nothing; `errors` names every bad one by its index.",
    {
        "monitors": ROWS | {"maxItems": PAGE_MAX},
        **PLAN_OPTIONS,
        "dry_run": FLAG | {"default": False, "description": "change nothing"},
    },
    result(
        created=INTEGER,
        existing=INTEGER,
        changed=INTEGER,
        new={"type": "array", "items": INTEGER} | {"description": "indexes of those that are created"},
        ids={"type": "array", "items": TEXT},
        changes=OBJECTS | {"description": "index, id, changes: setting → [before, after]"},
        errors=ERRORS,
    ),
    ["monitors"],
    secrets=SECRETS | {"monitors", "tokens"},
)
def import_mon(
    context: Context,
    caller: Caller,
    *,
    monitors: list[dict[str, Any]],
    token: str | None = None,
    tokens: dict[str, str] | None = None,
    dry_run: bool = False,
    **options: bool,
) -> dict[str, Any]:
    plan = Plan(PlanOptions(secrets=tokens or {}, fallback_secret=token, **options))
    plan.add(monitors)
    while not plan.is_checked:
        check_plan(context, plan, add_mon.problems)
        time.sleep(0)
    problems = tuple(plan.problems)
    if not dry_run and not problems:
        problems = carry_out(context, actor(caller), plan, changes_of(plan, actor(caller))).problems
    created, changed = ([], []) if problems else (plan.created(), plan.changed())
    return {
        "created": len(created),
        "existing": 0 if problems else len(plan.outcomes) - len(created) - len(changed),
        "changed": len(changed),
        "new": [index for index, _ in created],
        "ids": [] if dry_run or problems else [one.id for one in plan.outcomes.values()],
        "changes": [
            {"index": index, "id": one.id, "changes": setting_changes(one.old, one.new, one.request)}
            for index, one in plan.changed()
            if one.old and one.new
        ],
        "errors": [problem_shown(one) for one in problems],
    }
