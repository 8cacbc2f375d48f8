"""log: the journal of who changed what."""

import time
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.shared_schemas import CURSOR, ID, INTEGER, MOMENT, or_null, result
from pingmon.kinds.declaration import TEXT
from pingmon.model.errors import InvalidValue
from pingmon.model.timestamps import rfc3339
from pingmon.model.when import parse_duration, parse_when
from pingmon.operations.changes import describe_details
from pingmon.operations.context import Context
from pingmon.storage.journal import ACTIONS, Wanted

LIMIT = 1000
ENTRY = result(
    at=MOMENT,
    actor=TEXT | {"description": "who did it: Unix user"},
    action=TEXT | {"description": "the method"},
    id=or_null(TEXT) | {"description": "the monitor"},
    what=TEXT | {"description": "what it is about, for people"},
    details={"type": "object", "description": "setting → [before, after], or what was given"},
    changes=TEXT | {"description": "the same for people"},
)


@method(
    "Who changed what, the newest first; kept for a year.",
    {
        "id": ID | {"description": "of this monitor; deleted ones by ID"},
        "actor": TEXT | {"description": "by this user"},
        "action": TEXT | {"description": "of this method, as edit_mon"},
        "since": TEXT | {"description": "a time, or a duration before now, as 2h"},
        "until": TEXT | {"description": "likewise"},
        "after": CURSOR | {"type": ["integer", "null"], "description": "cursor: `next` of the last page"},
        "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT},
    },
    result(entries={"type": "array", "items": ENTRY}, next=or_null(INTEGER)),
)
def log(
    context: Context,
    caller: Caller,
    *,
    id: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: str | None = None,
    until: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    wanted = Wanted(
        context.worker_pool.find_id(id) if id is not None else None,
        actor,
        (_action(action),) if action is not None else (),
        _moment(context, since, "since"),
        _moment(context, until, "until"),
        after,
        limit,
    )
    found = context.store.journal.entries(wanted)
    return {
        "entries": [
            {
                "at": rfc3339(one.at),
                "actor": one.actor,
                "action": one.action,
                "id": one.monitor_id,
                "what": one.label,
                "details": one.details,
                "changes": describe_details(context, one.details),
            }
            for _, one in found
        ],
        "next": found[-1][0] if len(found) == limit else None,
    }


def _action(text: str) -> str:
    """Of those that the journal has. Raises InvalidValue."""
    name = text.strip().replace("-", "_")
    if name not in ACTIONS:
        known = ", ".join(one.replace("_", "-") for one in ACTIONS)
        raise InvalidValue(f"{text[:40]!r} is no command that the journal has: {known}", "action")
    return name


def _moment(context: Context, text: str | None, field: str) -> float | None:
    """A time, or how long ago. Raises InvalidValue."""
    if text is None:
        return None
    now = time.time()
    if text.strip()[:1].isdigit() and not {":", "-"} & set(text):
        return now - parse_duration(text, field)
    return parse_when(text, now, context.time_zone, field)
