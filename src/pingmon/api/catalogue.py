"""The RPC methods, described once: dispatch, validation and the OpenRPC document come from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pingmon.api.protocol import PAGE_MAX


@dataclass(frozen=True, slots=True)
class Method:
    """A method as OpenRPC describes it: parameter and result schemas are JSON Schema."""

    name: str
    summary: str
    params: Mapping[str, dict[str, Any]]
    required: tuple[str, ...]
    result: dict[str, Any]


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_STATE = {"enum": ["up", "down", "unknown"]}
_MONITOR = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "name": _TEXT,
        "ip_address": _TEXT,
        "mon_type": _TEXT,
        "chat_id": _TEXT,
        "thread_id": {"type": ["integer", "null"]},
        "bot": _TEXT,
        "interval": _NUMBER,
        "timeout": _NUMBER,
        "down_after": {"type": ["integer", "null"]},
        "down_after_seconds": {"type": ["number", "null"]},
        "false_alarms": {"type": ["string", "null"]},
        "max_delay": {"type": ["number", "null"]},
        "up_after": {"type": "integer"},
        "parent": {"type": ["string", "null"]},
        "tell_slow": {"type": "boolean"},
        "language": _TEXT,
        "quiet": {"type": "boolean"},
        "state": _STATE,
        "reason": _TEXT,
        "since": {"type": "string", "format": "date-time"},
        "last_rtt_ms": {"type": ["number", "null"]},
        "loss": _NUMBER,
        "delivery": _TEXT,
    },
}

_SETTINGS: dict[str, dict[str, Any]] = {
    "interval": _NUMBER | {"default": 10, "description": "seconds, 0.2 to 3600"},
    "timeout": _NUMBER | {"default": 2, "description": "seconds, 0.05 to 60"},
    "false_alarms": _TEXT | {"default": "1/year", "description": "how many may be: N/day … N/year"},
    "max_delay": _NUMBER | {"default": 120, "description": "seconds from a device's death to word of it"},
    "down_after": {"type": "integer", "description": "losses in a row, instead of false_alarms"},
    "down_after_seconds": _NUMBER | {"description": "of silence, instead of false_alarms"},
    "up_after": {"type": "integer", "default": 2, "description": "replies in a row"},
    "parent": {"type": ["string", "null"], "description": "ID of the monitor that this one is behind"},
    "language": {"enum": ["", "en", "ru"], "default": "", "description": "empty: the daemon's"},
    "quiet": {"type": "boolean", "default": False, "description": "recoveries make no sound"},
    "tell_slow": {"type": "boolean", "default": False, "description": "say so when replies come late"},
}

_FORESEEN = (
    "interval", "timeout", "false_alarms", "max_delay", "down_after", "down_after_seconds",
)  # fmt: skip

_EXPLAINED = (
    "id state reason loss loss_after_loss burst_s phi bound probes runs_of_losses hint now"  # always
)
_FORECAST = {
    "type": "object",
    "properties": {
        "waits_for": {"type": "integer", "description": "losses in a row"},
        "false_alarms_per_year": _NUMBER,
        "delay_median_s": _NUMBER,
        "delay_p99_s": _NUMBER,
        "limited_by": {"enum": ["budget", "max_delay", "fixed"]},
        "false_alarms": {"type": ["string", "null"]},
        "max_delay": {"type": ["number", "null"]},
    },
    "additionalProperties": False,
}

METHODS = (
    Method(
        "add_mon",
        "Watch an address and tell a chat; the same again gives the same ID.",
        {
            "ip_address": _TEXT | {"description": "IPv4, IPv6, or fe80::1%eth0"},
            "chat_id": {"type": ["string", "integer"], "description": "number or @name"},
            "token": _TEXT | {"description": "of the bot that writes"},
            "bot": _TEXT | {"description": "a bot that the configuration declares, instead of token"},
            "mon_type": {"enum": ["ping"], "default": "ping"},
            "name": _TEXT | {"default": ""},
            "thread_id": {"type": ["integer", "null"], "minimum": 1, "description": "forum topic"},
            **_SETTINGS,
            "verify": {"type": "boolean", "default": True, "description": "ask Telegram first"},
        },
        ("ip_address", "chat_id"),
        {"type": "object", "properties": {"id": _TEXT, "created": {"type": "boolean"}}},
    ),
    Method(
        "edit_mon",
        "Change settings of a live monitor; what is known of the device stays.",
        {"id": _TEXT, "name": _TEXT, **_SETTINGS},
        ("id",),
        {"type": "object", "properties": {"id": _TEXT, "changed": {"type": "boolean"}}},
    ),
    Method(
        "explain",
        "What was learned of the path, and what these or other settings mean on it.",
        {"id": _TEXT, **{key: value for key, value in _SETTINGS.items() if key in _FORESEEN}},
        ("id",),
        {
            "type": "object",
            "properties": {
                "id": _TEXT,
                "state": _STATE,
                "reason": _TEXT,
                "loss": _NUMBER | {"description": "P(loss after a reply)"},
                "loss_after_loss": _NUMBER | {"description": "P(loss a second after a loss)"},
                "burst_s": _NUMBER | {"description": "seconds that losses last on average"},
                "phi": _NUMBER | {"description": "suspicion of the losses in a row right now"},
                "bound": {"type": ["number", "null"], "description": "phi at which it is down"},
                "probes": {"type": "integer", "description": "that this rests on; the old count less"},
                "runs_of_losses": _NUMBER | {"description": "likewise"},
                "hint": _TEXT | {"description": "for people, empty when there is none"},
                "now": _FORECAST,
                "with": _FORECAST | {"description": "with the settings that were given"},
            },
            "required": _EXPLAINED.split(),
        },
    ),
    Method(
        "import_mon",
        "Add many, all or nothing; `errors` names every bad one by its index.",
        {
            "monitors": {"type": "array", "items": {"type": "object"}, "maxItems": PAGE_MAX},
            "verify": {"type": "boolean", "default": True, "description": "ask Telegram first"},
            "dry_run": {"type": "boolean", "default": False, "description": "change nothing"},
        },
        ("monitors",),
        {
            "type": "object",
            "properties": {
                "created": {"type": "integer"},
                "existing": {"type": "integer"},
                "new": {"type": "array", "items": {"type": "integer"}},
                "ids": {"type": "array", "items": _TEXT},
                "errors": {"type": "array", "items": {"type": "object"}},
            },
        },
    ),
    Method(
        "del_mon",
        "Stop watching; deleting again succeeds and says so.",
        {"id": _TEXT | {"description": "UUID, or a prefix of at least 4 letters"}},
        ("id",),
        {"type": "object", "properties": {"id": _TEXT, "deleted": {"type": "boolean"}}},
    ),
    Method(
        "list_mon",
        "The monitors, page by page.",
        {
            "after": {"type": ["string", "null"], "description": "cursor: `next` of the last page"},
            "limit": {"type": "integer", "minimum": 1, "maximum": PAGE_MAX},
            "state": _STATE,
            "ip_address": _TEXT,
            "chat_id": {"type": ["string", "integer"]},
        },
        (),
        {
            "type": "object",
            "properties": {
                "monitors": {"type": "array", "items": _MONITOR},
                "next": {"type": ["string", "null"]},
            },
        },
    ),
    Method(
        "test_mon",
        "Send a test message to the monitor's chat now and tell what became of it.",
        {"id": _TEXT},
        ("id",),
        {"type": "object", "properties": {"id": _TEXT, "chat_id": _TEXT}},
    ),
    Method(
        "find_chat",
        "The chats that a bot has heard from in the last day.",
        {"token": _TEXT, "bot": _TEXT | {"description": "one that the configuration declares"}},
        (),
        {"type": "object", "properties": {"chats": {"type": "array", "items": {"type": "object"}}}},
    ),
    Method("status", "The daemon's health.", {}, (), {"type": "object"}),
)


def openrpc(version: str) -> dict[str, Any]:
    """The OpenRPC document (https://spec.open-rpc.org) of all methods."""
    return {
        "openrpc": "1.2.6",
        "info": {"title": "pingmon", "version": version},
        "methods": [
            {
                "name": method.name,
                "summary": method.summary,
                "paramStructure": "by-name",
                "params": [
                    {"name": name, "required": name in method.required, "schema": schema}
                    for name, schema in method.params.items()
                ],
                "result": {"name": "result", "schema": method.result},
            }
            for method in METHODS
        ],
    }
