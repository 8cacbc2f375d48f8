"""outbox list: what waits, why, and since when."""

from typing import Any

from pingmon.client.output import count
from pingmon.client.table import NOTHING, Column, lines, painter, screen_width
from pingmon.client.time_words import age, local, zone
from pingmon.client.views.channels import counted, recipient


def waiting(channels: list[dict[str, Any]], absolute: bool) -> str:
    """A line per channel, and one that counts. absolute: times of the local zone instead of ages."""
    times = [local(one["oldest"]) if absolute else age(one["oldest"]) for one in channels]
    reasons = [NOTHING if one["delivery"] == "ok" else one["delivery"] for one in channels]
    columns = [
        Column("WAITING", [str(one["waiting"]) for one in channels]),
        Column(f"SINCE ({zone()})" if absolute else "SINCE", times),
        Column(counted(channels).upper(), [recipient(one) for one in channels]),
        Column("BOT", [one["bot"] or NOTHING for one in channels], 8),
        Column("WHY", reasons, 16),
    ]
    total = sum(one["waiting"] for one in channels)
    words = f"{count(total, 'message')} for {count(len(channels), counted(channels))}"
    return "\n".join([*lines(columns, screen_width(), painter()), words])
