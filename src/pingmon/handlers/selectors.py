"""JSON Schema of what says which monitors a method is about, and what such methods return."""

from collections.abc import Iterable
from typing import Any

from pingmon.handlers.shared_schemas import INTEGER, STATE, Schema, or_null, result
from pingmon.kinds.declaration import FLAG, TEXT
from pingmon.model.monitor import Monitor
from pingmon.model.selector import KEYS


def _one_or_more(description: str, item: Schema = TEXT) -> Schema:
    return {
        "type": ["string", "integer", "array"],
        "items": {key: value for key, value in item.items() if key != "description"},
        "description": f"{description}; one or a list",
    }


SELECTORS: dict[str, Schema] = {
    "id": _one_or_more("monitors: UUID, 4 letters or more of that, name, host name or address"),
    "name": _one_or_more("name, with * and ?"),
    "tag": _one_or_more("all of these tags"),
    "chat_id": _one_or_more("that tell this chat", {"type": ["string", "integer"]}),
    "bot": _one_or_more("by this bot: name, number or declared name"),
    "state": {"type": ["string", "array"], "items": STATE, "description": "up, down or unknown"},
    "parent": _one_or_more("all that is behind this monitor"),
    "ip_address": _one_or_more("address, or a prefix as 10.1.0.0/16"),
    "host": _one_or_more("host name, with * and ?"),
    "where": {"type": "array", "items": TEXT, "description": f"KEY=VALUE of {', '.join(KEYS)}"},
    "all": FLAG | {"default": False, "description": "all monitors"},
}
DRY_RUN: dict[str, Schema] = {
    "dry_run": FLAG | {"default": False, "description": "change nothing, say which they are"}
}
TOUCHED = result(
    monitors={
        "type": "array",
        "items": result(id=TEXT, name=TEXT, ip_address=or_null(TEXT), target=TEXT, changed=FLAG),
    },
    changed=INTEGER | {"description": "how many were changed"},
)


def touched(monitors: Iterable[Monitor], changed: Iterable[str]) -> dict[str, Any]:
    """As TOUCHED says. changed: IDs."""
    ids = frozenset(changed)
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "ip_address": one.address or None,
            "target": one.target_label,
            "changed": one.id in ids,
        }
        for one in monitors
    ]
    return {"monitors": rows, "changed": len(ids)}
