"""log: who changed what, the newest first."""

import re
from typing import Any

from pingmon.client.table import NOTHING, Column, lines, painter, screen_width
from pingmon.client.terminal_text import safe
from pingmon.client.time_words import age, local, local_in_zone, zone

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def journal(entries: list[dict[str, Any]], absolute: bool) -> str:
    """A line per entry. absolute: times of the local zone instead of ages."""
    columns = [
        Column(
            f"AT ({zone()})" if absolute else "AGE",
            [local(one["at"]) if absolute else age(one["at"]) for one in entries],
        ),
        Column("WHO", [safe(one["actor"]) for one in entries], 8),
        Column("COMMAND", [one["action"].replace("_", "-") for one in entries]),
        Column("WHAT", [safe(one["what"]) or NOTHING for one in entries], 12),
        Column("CHANGES", [safe(_local_times(one["changes"])) or NOTHING for one in entries], 16),
    ]
    return "\n".join(lines(columns, screen_width(), painter()))


def _local_times(words: str) -> str:
    """The daemon's are in UTC."""
    return _MOMENT.sub(lambda found: local_in_zone(found[0]), words)
