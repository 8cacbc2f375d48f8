"""The daemon's health and figures, as `status` shows them."""

import time
from datetime import UTC, datetime
from typing import Any

from pingmon import __version__
from pingmon.engine.system_clock import SYSTEM
from pingmon.operations.context import Context

SHOWN = 20  # suspended channels


def status(context: Context) -> dict[str, Any]:
    waiting, oldest = context.store.outbox.depth()
    monitors, targets = context.worker_pool.size()
    late_p99, stretch = context.probers.late_p99(), context.probers.stretch()
    return {
        "version": __version__,
        "uplink": context.seeing.uplink.describe(),
        "uptime_s": round(time.monotonic() - context.started, 1),
        "health": health(context),
        "unseen": [
            {"reason": reason, "monitors": count}
            for reason, count in context.seeing.reports.unseen().most_common()
        ],
        "ways_out": context.seeing.way_watch.describe(),
        "local_errors": _local_errors(context),
        "monitors": monitors,
        "targets": targets,
        "states": context.worker_pool.counts(),
        "scheduling": {"late_p99_ms": round(late_p99 * 1000, 3), "stretch": round(stretch, 2)},
        "outbox": {
            "waiting": waiting,
            "uncertain": context.sender_pool.uncertain(),
            "oldest_s": round(max(0.0, time.time() - oldest), 1) if waiting else 0,
            "suspended": _suspended(context),
        },
    }


def health(context: Context) -> str:
    """What is wrong, or `ok`."""
    pool, stretch = context.worker_pool, context.probers.stretch()
    if stuck := context.health.stuck_thread():
        return stuck
    if pool.unwatched:
        return f"{pool.unwatched} monitors are not watched: {pool.why_unwatched}"
    if context.visibility.blind:
        return "blind"
    if errors := context.seeing.evidence_watch.local_errors:
        return "; ".join(f"{one.targets} targets: {one.words}" for one in errors)
    if unseen := sum(context.seeing.reports.unseen().values()):
        return f"{unseen} monitors can't be seen"
    return f"can't keep up: intervals are stretched {stretch:.2g} times" if stretch > 1 else "ok"


def _local_errors(context: Context) -> list[dict[str, Any]]:
    """What the kernel refuses to send, by the kind of its error."""
    offset = SYSTEM.offset()
    return [
        {
            "kind": one.kind,
            "words": one.words,
            "targets": one.targets,
            "since": datetime.fromtimestamp(one.since + offset, UTC)
            .isoformat(timespec="seconds")
            .replace("+00:00", "Z"),
        }
        for one in context.seeing.evidence_watch.local_errors
    ]


def _suspended(context: Context) -> list[dict[str, str]]:
    """Chats that nothing reaches, and why; some of them when there are many."""
    deliveries = context.store.outbox.deliveries().items()
    found = {channel: reason for channel, reason in deliveries if reason.startswith("suspended")}
    if not found:
        return []
    chats = context.store.channels.addresses()
    return [{"chat_id": chats[one], "reason": found[one]} for one in sorted(found)[:SHOWN]]
