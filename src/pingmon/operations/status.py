"""How the daemon is: what it says of itself, and what stands in the way of messages and settings."""

import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pingmon.engine.undelivered import Place, Undelivered, in_use, undelivered
from pingmon.operations.configuration_state import ConfigurationState
from pingmon.operations.context import Context

OK = "ok"
# s; a service that answers, but asks for patience, is no illness before that.
PATIENCE = 30.0
_UNREACHABLE = "can't reach "  # how the words of a channel begin when there is no network to it
SHOWN = 20  # suspended channels in `outbox`


class Condition(NamedTuple):
    """Why health is not ok. kind: stable, see pingmonctl(1). since: epoch seconds, None if not known."""

    kind: str
    words: str
    since: float | None = None


def daemon_status(context: Context) -> dict[str, Any]:
    """What `status` shows: health names every condition."""
    found = context.status()
    conditions = [] if found["health"] == OK else [Condition("monitoring", found["health"])]
    troubles = _troubles(context)
    conditions += [_delivery(one) for one in troubles if _is_ill(one)]
    conditions += _configuration(context.configuration)
    outbox = found["outbox"] | {"suspended": _suspended(troubles)}
    return found | {
        "health": _health(conditions),
        "conditions": [
            {"kind": one.kind, "words": one.words, "since": one.since and _moment(one.since)}
            for one in conditions
        ],
        "configuration": {
            "file": context.configuration.file,
            "refused": context.configuration.refused or None,
            "needs_restart": list(context.configuration.needs_restart),
        },
        "outbox": outbox,
    }


def _health(conditions: list[Condition]) -> str:
    """ "degraded" when all is watched and only messages or settings are in trouble."""
    if not conditions:
        return OK
    words = "; ".join(one.words for one in conditions)
    return words if conditions[0].kind == "monitoring" else f"degraded: {words}"


def _troubles(context: Context) -> list[Undelivered]:
    failing = context.store.outbox.failing()
    if not failing:
        return []
    alive = {one.channel.id for one in context.worker_pool.monitors.all()}
    failing = in_use(failing, alive)
    places = {channel: Place(*one) for channel, one in context.store.channels.places().items()}
    return undelivered(failing, places) if failing else []


def _is_ill(trouble: Undelivered) -> bool:
    if trouble.is_suspended or trouble.words.startswith(_UNREACHABLE):
        return True
    return time.time() - trouble.since > PATIENCE


def _delivery(trouble: Undelivered) -> Condition:
    waiting = f"{trouble.waiting} wait" if trouble.waiting != 1 else "1 waits"
    if trouble.is_suspended:
        return Condition("suspended", f"{trouble.describe()} ({waiting})", trouble.since)
    since = _clock(trouble.since)
    if trouble.words.startswith(_UNREACHABLE):
        where, _, reason = trouble.words.removeprefix(_UNREACHABLE).partition(": ")
        kind = trouble.kind.capitalize()
        words = f"{kind} can't be reached since {since} ({waiting}): {where}: {reason}"
        return Condition("unreachable", words, trouble.since)
    return Condition("delivery", f"{trouble.describe()}, since {since} ({waiting})", trouble.since)


def _configuration(state: ConfigurationState) -> list[Condition]:
    found = []
    if state.refused:
        words = f"the configuration is refused, the one before is in force: {state.refused}"
        found.append(Condition("configuration", words))
    if state.needs_restart:
        words = f"changed settings need a restart: {', '.join(state.needs_restart)}"
        found.append(Condition("restart", words))
    return found


def _suspended(troubles: list[Undelivered]) -> list[dict[str, Any]]:
    """Channels that nothing reaches until somebody acts; some of them when there are many."""
    found = [
        {
            "chat_id": address,
            "bot": one.account,
            "reason": f"suspended: {one.words}",
            "since": _moment(one.since),
        }
        for one in troubles
        if one.is_suspended
        for address in one.addresses
    ]
    return found[:SHOWN]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _clock(at: float) -> str:
    """The local time, with the day unless it is today."""
    day = time.strftime("%Y-%m-%d ", time.localtime(at))
    today = time.strftime("%Y-%m-%d ", time.localtime())
    return ("" if day == today else day) + time.strftime("%H:%M", time.localtime(at))
