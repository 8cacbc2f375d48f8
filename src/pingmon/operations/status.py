"""The daemon's health and figures, as `status` shows them."""

import time
from typing import Any

from pingmon import __version__
from pingmon.engine.system_clock import SYSTEM
from pingmon.engine.undelivered import Undelivered
from pingmon.model.errors import PingmonError
from pingmon.model.timestamps import rfc3339
from pingmon.operations.chats import talking_bots
from pingmon.operations.conditions import conditions, health, undelivered_messages
from pingmon.operations.context import Context
from pingmon.operations.holds import count_held

SHOWN = 20  # suspended channels


def status(context: Context) -> dict[str, Any]:
    waiting, oldest, troubles = _outbox(context)
    monitors, targets = context.worker_pool.size()
    ill = conditions(context, troubles)
    configuration = context.configuration
    late_p99, stretch = context.probers.late_p99(), context.probers.stretch()
    return {
        "version": __version__,
        "uplink": context.seeing.uplink.describe(),
        "uptime_s": round(time.monotonic() - context.started, 1),
        "health": health(ill),
        "unseen": [
            {"reason": reason, "monitors": count}
            for reason, count in context.seeing.reports.unseen().most_common()
        ],
        "ways_out": context.seeing.way_watch.describe(),
        "local_errors": _local_errors(context),
        "conditions": [
            {"kind": one.kind, "words": one.words, "since": rfc3339(one.since) if one.since else None}
            for one in ill
        ],
        "configuration": {
            "file": configuration.file,
            "refused": configuration.refused or None,
            "needs_restart": list(configuration.needs_restart),
        },
        "monitors": monitors,
        "targets": targets,
        "states": context.worker_pool.counts(),
        "held": count_held(context),
        "scheduling": {"late_p99_ms": round(late_p99 * 1000, 3), "stretch": round(stretch, 2)},
        "outbox": {
            "waiting": waiting,
            "uncertain": context.sender_pool.uncertain(),
            "oldest_s": round(max(0.0, time.time() - oldest), 1) if oldest else 0,
            "suspended": _suspended(troubles),
        },
        "heartbeat": context.heartbeat.describe() if context.heartbeat else None,
        "commands": _commands(context),
    }


def _commands(context: Context) -> list[dict[str, Any]]:
    """Of each bot whose commands are read: how that goes. Empty when the database can't be read."""
    try:
        bots = talking_bots(context)
    except PingmonError:
        return []
    return [
        {
            "bot": one.account.name,
            "trouble": one.state.trouble or None,
            "words": one.state.words or None,
            "since": _moment(one.state.since),
            "latest_answer": _moment(one.state.latest_answer),
            "latest_update": _moment(one.state.latest_update),
            "conflicts": one.state.conflicts,
        }
        for one in bots
        if one.state is not None
    ]


def _moment(at: float) -> str | None:
    return rfc3339(at) if at else None


def health_words(context: Context) -> str:
    """Health in one line; raises PingmonError when the database can't be read."""
    return health(conditions(context, undelivered_messages(context)))


def summary(context: Context) -> dict[str, Any]:
    """What a heartbeat tells others: counts and kinds of conditions; no names, addresses or chats."""
    waiting, _ = context.store.outbox.depth()
    ill = conditions(context, undelivered_messages(context))
    return {
        "version": __version__,
        "uptime_s": round(time.monotonic() - context.started, 1),
        "health": "ok" if not ill else "degraded",
        "conditions": sorted({one.kind for one in ill}),
        "states": context.worker_pool.counts(),
        "waiting": waiting,
    }


def _outbox(context: Context) -> tuple[int | None, float, list[Undelivered]]:
    """How many messages wait, since when (0: none is stored yet), and what is in their way; None when the
    database can't be read.

    That is a condition of health, which must be said rather than refused.
    """
    try:
        # First what comes before: what is stored between two looks would be seen by neither.
        not_stored = context.health.not_stored()
        waiting, oldest = context.store.outbox.depth()
        return waiting + not_stored, oldest, undelivered_messages(context)
    except PingmonError:
        return None, 0.0, []


def _local_errors(context: Context) -> list[dict[str, Any]]:
    """What the kernel refuses to send, by the kind of its error."""
    offset = SYSTEM.offset()
    return [
        {
            "kind": one.kind,
            "words": one.words,
            "targets": one.targets,
            "since": rfc3339(one.since + offset),
        }
        for one in context.seeing.evidence_watch.local_errors
    ]


def _suspended(troubles: list[Undelivered]) -> list[dict[str, Any]]:
    """Channels that nothing reaches until somebody acts; some of them when there are many."""
    found = [
        {
            "kind": one.kind,
            "chat_id": address,
            "bot": one.account,
            "reason": f"suspended: {one.words}",
            "since": rfc3339(one.since),
        }
        for one in troubles
        if one.is_suspended
        for address in one.addresses
    ]
    return found[:SHOWN]
