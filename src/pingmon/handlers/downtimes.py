"""downtime_add, downtime_list, downtime_delete."""

import time
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.callers import actor
from pingmon.handlers.selectors import DRY_RUN, SELECTORS, touched
from pingmon.handlers.shared_schemas import INTEGER, MOMENT, or_null, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.model.timestamps import rfc3339
from pingmon.operations.context import Context
from pingmon.operations.downtimes import add_downtime, delete_downtime, downtime_row

PLAN = {
    "start": TEXT | {"description": "when it begins, as 22:00 or 2026-12-01 22:00; default: now"},
    "end": TEXT | {"description": "when it ends; or give `for`"},
    "for": TEXT | {"description": "how long it is, as 2h"},
    "rrule": TEXT | {"description": "it repeats (RFC 5545): FREQ=WEEKLY;BYDAY=SU"},
    "time_zone": TEXT | {"description": "as Europe/Berlin; default: the daemon's"},
    "comment": TEXT | {"description": "why, for people"},
}
DOWNTIME = result(
    id=TEXT,
    start=or_null(MOMENT) | {"description": "of the window that goes on, else of the next"},
    end=or_null(MOMENT),
    active=FLAG | {"description": "a window goes on"},
    rrule=TEXT,
    time_zone=TEXT,
    which=TEXT | {"description": "conditions, looked at when a window begins"},
    monitors=INTEGER | {"description": "how many fit now"},
    by=TEXT,
    comment=TEXT,
)
OVERLAP = result(id=TEXT, start=MOMENT, end=MOMENT)


@method(
    "Plan a downtime, once or repeating: messages are held meanwhile.",
    SELECTORS | PLAN | DRY_RUN,
    result(
        id=or_null(TEXT),
        downtime=DOWNTIME,
        monitors={"type": "array", "items": {"type": "object"}},
        overlaps={"type": "array", "items": OVERLAP},
    ),
)
def downtime_add(
    context: Context, caller: Caller, *, dry_run: bool = False, **params: Any
) -> dict[str, Any]:
    added = add_downtime(context, actor(caller), params, dry_run)
    return {
        "id": None if dry_run else added.downtime.id,
        "downtime": downtime_row(context, added.downtime, time.time()),
        "monitors": touched(added.monitors, ())["monitors"],
        "overlaps": [
            {"id": other.id, "start": rfc3339(span.start), "end": rfc3339(span.end)}
            for other, span in added.overlaps
        ],
    }


@method(
    "The downtimes that are planned.",
    {},
    result(downtimes={"type": "array", "items": DOWNTIME}),
)
def downtime_list(context: Context, caller: Caller) -> dict[str, Any]:
    now = time.time()
    return {"downtimes": [downtime_row(context, one, now) for one in context.store.downtimes.all()]}


@method(
    "Forget a planned downtime; a window that goes on ends.",
    {"id": TEXT | {"description": "its ID, or the first 4 letters or more"}},
    result(id=TEXT),
    ["id"],
)
def downtime_delete(context: Context, caller: Caller, *, id: str) -> dict[str, Any]:
    return {"id": delete_downtime(context, actor(caller), id).id}
