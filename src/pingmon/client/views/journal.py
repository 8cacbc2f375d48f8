"""log: who changed what, the newest first."""

import json
from typing import Any

from pingmon.client.table import NOTHING, Column, lines, painter, screen_width
from pingmon.client.terminal_text import safe
from pingmon.client.time_words import age, local, zone


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
        Column("CHANGES", [safe(_changes(one["details"])) or NOTHING for one in entries], 16),
    ]
    return "\n".join(lines(columns, screen_width(), painter()))


def _changes(details: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_change(value)}" for name, value in details.items())


def _change(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return " -> ".join(map(_shown, value))
    return _shown(value)


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return "none"
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
