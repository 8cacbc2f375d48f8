"""downtime list: what is planned, when it begins next, for what."""

from typing import Any

from pingmon.client.output import count
from pingmon.client.table import NOTHING, Column, lines, painter, screen_width
from pingmon.client.terminal_text import safe
from pingmon.client.time_words import local_in_zone


def downtimes(found: list[dict[str, Any]], absolute: bool) -> str:
    """A line per downtime. absolute: also when the window that goes on began."""
    columns = [
        Column("ID", [one["id"][:8] for one in found]),
        Column(
            "NEXT", ["now" if one["active"] and not absolute else _time(one["start"]) for one in found]
        ),
        Column("UNTIL", [_time(one["end"]) for one in found]),
        Column("REPEATS", [one["rrule"] or NOTHING for one in found], 8),
        Column("WHICH", [safe(one["which"]) for one in found], 12),
        Column("DEVICES", [str(one["monitors"]) for one in found]),
        Column("BY", [safe(one["by"]) for one in found], 6),
        Column("COMMENT", [safe(one["comment"]) or NOTHING for one in found], 8),
    ]
    return "\n".join([*lines(columns, screen_width(), painter()), count(len(found), "downtime")])


def _time(moment: str | None) -> str:
    return local_in_zone(moment) if moment else NOTHING
