"""plan_begin, plan_add, plan_check, plan_show, plan_commit: many changes, all or nothing.

A plan belongs to its connection, and is gone with it. The check and the commit take as many calls as
they need; each answers within a second and says how far it is.
"""

import time
from itertools import islice
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.api.protocol import PAGE_MAX
from pingmon.handlers.callers import actor
from pingmon.handlers.monitors import add_mon
from pingmon.handlers.serializers import planned_changes, problem_shown
from pingmon.handlers.shared_schemas import CURSOR, INTEGER, SECRETS, VERIFY, or_null, result
from pingmon.kinds.declaration import FLAG, NUMBER, TEXT
from pingmon.model.errors import Conflict, PingmonError
from pingmon.operations.context import Context
from pingmon.operations.import_plan import MOST_CHANGES, PlanOptions
from pingmon.operations.import_plan_check import PIECE, check_plan
from pingmon.operations.import_plan_commit import PlanCommit

OBJECTS = {"type": "array", "items": {"type": "object"}}
ROWS = OBJECTS | {
    "description": "as add_mon takes them; `parent` may be another one, be it further down, by its name, "
    "its address or its `key`, which is for nothing else",
}
ERRORS = OBJECTS | {
    "description": "index (null: of no row), message, field, kind; id: what is in the way"
}
PLAN_OPTIONS = {
    "verify": VERIFY,
    "update": FLAG
    | {"default": False, "description": "give those that exist these settings, instead of refusing"},
    "token": TEXT | {"description": "of monitors that name no bot, or one that is not known here"},
    "tokens": {
        "type": "object",
        "additionalProperties": TEXT,
        "description": "by the bot that monitors name",
    },
}
ERRORS_SHOWN = 100
COUNTS = {"created": INTEGER, "changed": INTEGER, "deleted": INTEGER}


@method(
    "Begin a plan on this connection; it takes the place of an earlier one.",
    PLAN_OPTIONS
    | {
        "delete_others": FLAG | {"default": False, "description": "delete monitors that it does not have"}
    },
    result(most_changes=INTEGER),
    secrets=SECRETS | {"tokens"},
)
def plan_begin(
    context: Context,
    caller: Caller,
    *,
    token: str | None = None,
    tokens: dict[str, str] | None = None,
    **options: bool,
) -> dict[str, Any]:
    owner = caller.connection
    wanted = PlanOptions(secrets=tokens or {}, fallback_secret=token, **options)
    context.plans.begin(owner, wanted, actor(caller))
    owner.on_close(context.plans.drop)
    return {"most_changes": MOST_CHANGES}


@method(
    "Add monitors to the plan, or say which it deletes.",
    {"monitors": ROWS, "delete": {"type": "array", "items": TEXT}},
    result(changes=INTEGER | {"description": "that the plan has now"}),
    secrets=SECRETS | {"monitors"},
)
def plan_add(
    context: Context,
    caller: Caller,
    *,
    monitors: list[dict[str, Any]] | None = None,
    delete: list[str] | None = None,
) -> dict[str, Any]:
    plan = context.plans.of(caller.connection)
    plan.add(monitors or (), delete or ())
    return {"changes": plan.size}


@method(
    "Check the plan, for half a second or until it is done: what it would do, and all that is wrong.",
    {},
    result(
        done=FLAG,
        checked=INTEGER,
        total=INTEGER,
        waits_s=or_null(NUMBER) | {"description": "that the other side asked us to wait"},
        monitors=INTEGER | {"description": "that there are now"},
        **COUNTS,
        existing=INTEGER | {"description": "that are as the plan says"},
        errors=ERRORS,
        errors_total=INTEGER,
    ),
)
def plan_check(context: Context, caller: Caller) -> dict[str, Any]:
    owner = caller.connection
    plan = context.plans.of(owner)
    try:
        check_plan(context, plan, add_mon.problems)
    except PingmonError:
        context.plans.drop(owner)
        raise
    waits, is_done = plan.resume_at - time.monotonic(), plan.is_checked
    problems = plan.problems if is_done else []
    created, changed = (len(plan.created()), len(plan.changed())) if is_done else (0, 0)
    return {
        "done": is_done,
        "checked": plan.checked,
        "total": len(plan.rows),
        "waits_s": round(waits, 1) if waits > 0 else None,
        "monitors": len(context.worker_pool.monitors) + context.worker_pool.unwatched,
        "created": created,
        "changed": changed,
        "deleted": len(plan.deleted) if is_done else 0,
        "existing": len(plan.outcomes) - created - changed if is_done else 0,
        "errors": [problem_shown(one) for one in problems[:ERRORS_SHOWN]],
        "errors_total": len(problems),
    }


@method(
    "What a checked plan will do, page by page.",
    {
        "after": CURSOR | {"default": 0, "description": "`next` of the last page"},
        "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_MAX},
    },
    result(
        changes=OBJECTS
        | {"description": "what: add, change, delete; index; id; name; ip_address; changes: of settings"},
        next=or_null(INTEGER),
    ),
)
def plan_show(
    context: Context, caller: Caller, *, after: int = 0, limit: int = PAGE_MAX
) -> dict[str, Any]:
    plan = context.plans.of(caller.connection)
    if not plan.is_checked:
        raise Conflict("this plan was not checked yet: plan_check does it")
    page = list(islice(planned_changes(plan), after, after + limit + 1))
    return {"changes": page[:limit], "next": after + limit if len(page) > limit else None}


@method(
    "Carry out a checked plan, all or nothing, and wait for half a second or until it is done.",
    {},
    result(
        done=FLAG,
        carried_out=INTEGER | {"description": "monitors, so far"},
        total=INTEGER,
        **COUNTS,
        dropped=INTEGER
        | {"description": "messages that went with deleted ones: nothing reaches their chat"},
        errors=ERRORS | {"description": "what changed since the check; then nothing was done"},
        errors_total=INTEGER,
    ),
)
def plan_commit(context: Context, caller: Caller) -> dict[str, Any]:
    owner = caller.connection
    plan = context.plans.of(owner)
    if not plan.is_checked or plan.problems:
        raise Conflict("this plan can't be carried out: plan_check says why")
    try:
        if plan.commit is None:
            plan.commit = PlanCommit(context, actor(caller), plan)
        done = plan.commit.wait(PIECE)
    except PingmonError:
        context.plans.drop(owner)
        raise
    found = {
        "done": done is not None,
        "carried_out": plan.commit.done,
        "total": len(plan.created()) + len(plan.changed()) + len(plan.deleted),
    }
    if done is None:
        return found | {"errors": [], "errors_total": 0}
    context.plans.drop(owner)
    return found | {
        "created": done.created,
        "changed": done.changed,
        "deleted": done.deleted,
        "dropped": done.dropped,
        "errors": [problem_shown(one) for one in done.problems[:ERRORS_SHOWN]],
        "errors_total": len(done.problems),
    }
