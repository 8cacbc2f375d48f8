"""pause_mon, resume_mon, mute, unmute, ack, unack."""

from collections.abc import Callable
from typing import Any

from pingmon.api.method import Caller, method
from pingmon.handlers.callers import actor
from pingmon.handlers.selectors import DRY_RUN, SELECTORS, TOUCHED, touched
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.operations import holds
from pingmon.operations.context import Context
from pingmon.operations.holds import Held, parse_comment, parse_lasts
from pingmon.operations.selection import Selected, select_monitors

COMMENT = {"comment": TEXT | {"description": "why, for people"}}
LASTS = {
    "for": TEXT | {"description": "how long, as 2h or 1d 3h"},
    "until": TEXT | {"description": "until when, as 18:00, tomorrow 08:00 or 2026-12-01 18:00"},
    "until_up": FLAG | {"default": False, "description": "until it is up again"},
    "indefinitely": FLAG | {"default": False, "description": "without end; recalled every week"},
}


def _done(
    context: Context, params: dict[str, Any], dry_run: bool, do: Callable[[Selected], Held]
) -> dict[str, Any]:
    selected = select_monitors(context, params)
    if dry_run:
        return touched(selected.monitors, ())
    held = do(selected)
    return touched(held.monitors, held.changed)


@method("Do not probe for now, and tell nothing.", SELECTORS | COMMENT | DRY_RUN, TOUCHED)
def pause_mon(
    context: Context, caller: Caller, *, comment: str = "", dry_run: bool = False, **which: Any
) -> dict[str, Any]:
    words = parse_comment(comment)
    return _done(context, which, dry_run, lambda some: holds.pause(context, actor(caller), some, words))


@method("Probe again; what differs from what was told is told.", SELECTORS | DRY_RUN, TOUCHED)
def resume_mon(
    context: Context, caller: Caller, *, dry_run: bool = False, **which: Any
) -> dict[str, Any]:
    return _done(context, which, dry_run, lambda some: holds.resume(context, actor(caller), some))


@method(
    "Probe on, but hold messages; with chat_id only those to that chat.",
    SELECTORS | LASTS | COMMENT | DRY_RUN,
    TOUCHED,
)
def mute(
    context: Context,
    caller: Caller,
    *,
    until: str | None = None,
    until_up: bool = False,
    indefinitely: bool = False,
    comment: str = "",
    dry_run: bool = False,
    **which: Any,
) -> dict[str, Any]:
    lasts = parse_lasts(context, which.pop("for", None), until, until_up, indefinitely)
    words = parse_comment(comment)
    who = actor(caller)
    return _done(context, which, dry_run, lambda some: holds.mute(context, who, some, lasts, words))


@method("Tell again; what differs from what was told is told.", SELECTORS | DRY_RUN, TOUCHED)
def unmute(context: Context, caller: Caller, *, dry_run: bool = False, **which: Any) -> dict[str, Any]:
    return _done(context, which, dry_run, lambda some: holds.unmute(context, actor(caller), some))


@method(
    "Say that somebody takes care: no reminders until it is up.", SELECTORS | COMMENT | DRY_RUN, TOUCHED
)
def ack(
    context: Context, caller: Caller, *, comment: str = "", dry_run: bool = False, **which: Any
) -> dict[str, Any]:
    words, who = parse_comment(comment), actor(caller)
    return _done(context, which, dry_run, lambda some: holds.acknowledge(context, who, some, words))


@method("Take an acknowledgement back.", SELECTORS | DRY_RUN, TOUCHED)
def unack(context: Context, caller: Caller, *, dry_run: bool = False, **which: Any) -> dict[str, Any]:
    return _done(context, which, dry_run, lambda some: holds.unacknowledge(context, actor(caller), some))
