"""JSON Schema that several methods share."""

from typing import Any

from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import HOST_AND_FAMILY, NAME, SETTINGS, schemas
from pingmon.kinds.declaration import FLAG, NUMBER, TEXT, Setting
from pingmon.kinds.united import united, with_defaults

Schema = dict[str, Any]
INTEGER: Schema = {"type": "integer"}
CURSOR: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53}
STATE: Schema = {"enum": ["up", "down", "unknown"]}
ID = TEXT | {"description": "a monitor: its UUID, 4 letters or more of that, its name or its address"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
TARGET = TEXT | {"description": "what is probed, for people: 10.0.0.2 port 80"}
VERIFY = FLAG | {"default": True, "description": "ask first whether messages would arrive"}


def or_null(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


CERTIFICATE_ENDS: Schema = or_null(MOMENT) | {
    "description": "of the other side's certificate as it was last seen; null: none was"
}


def result(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


CHANNEL_SETTINGS = united(CHANNEL_KINDS)
PROBE_SETTINGS = united(PROBE_KINDS)
# Who receives: given for the monitor, or by its tags and its group.
_RECIPIENTS = tuple(
    one for kind in CHANNEL_KINDS.values() for one in kind.settings if one.name not in kind.sender
)
UNSET: Schema = {
    "type": "array",
    "items": {"enum": [one.name for one in (NAME, *PROBE_SETTINGS, *SETTINGS, *_RECIPIENTS)]},
    "description": "settings that return to their defaults",
}
SECRETS = {one.name for one in (*CHANNEL_SETTINGS, *PROBE_SETTINGS) if one.is_secret}
NEW_MONITOR: dict[str, Schema] = {
    "ip_address": or_null(TEXT) | {"description": "IPv4, IPv6, or fe80::1%eth0"},
    **schemas(HOST_AND_FAMILY),
    **schemas(CHANNEL_SETTINGS),
    "mon_type": {"enum": list(PROBE_KINDS), "default": next(iter(PROBE_KINDS))},
    **schemas((NAME, *PROBE_SETTINGS, *with_defaults(SETTINGS, PROBE_KINDS))),
}


def _seen(setting: Schema) -> Schema:
    """Of a result: one value, or null."""
    kinds = setting["type"] if isinstance(setting["type"], list) else [setting["type"]]
    kind = "integer" if "integer" in kinds and "string" not in kinds else "string"
    return {"type": [kind, "null"], "description": setting.get("description", "")}


def _shown(setting: Setting) -> Schema:
    if not setting.is_secret:
        return setting.schema
    return setting.schema | {"description": f"{setting.schema['description']}; values are not shown: …"}


HOLD = result(
    why={
        "enum": ["muted", "paused", "maintenance", "acknowledged", "quiet_hours", "expected_off"],
        "description": "what holds messages back",
    },
    until=or_null(MOMENT) | {"description": "null: its end is not known"},
    until_up=FLAG | {"description": "it ends when the device is up"},
    by=or_null(TEXT) | {"description": "whose it is"},
    since=or_null(MOMENT),
    comment=TEXT,
)
# Of a channel, what can be seen of the settings of its kind; those of other kinds are null.
CHANNEL_FIELDS: dict[str, Schema] = {
    name: _seen(one.schema)
    for kind in CHANNEL_KINDS.values()
    for one in kind.settings
    for name in (one.name,)
    if name in kind.shown
}
CHANNEL = result(
    kind=TEXT,
    **CHANNEL_FIELDS,
    delivery=TEXT,
    held=HOLD | {"type": ["object", "null"]},
    group=or_null(TEXT) | {"description": "whose it is; null: it was not given by the group"},
)
MONITOR = result(
    id=TEXT,
    name=TEXT,
    ip_address=or_null(TEXT) | {"description": "in use; null: its name was never resolved"},
    host=or_null(TEXT) | {"description": "the name that is watched; null: it is the address"},
    family=TEXT | {"description": "of a name's addresses: any, 4 or 6"},
    resolver=TEXT | {"description": "what is wrong with its name now; empty: nothing"},
    target=TARGET,
    mon_type=TEXT,
    **{one.name: _shown(one) for one in PROBE_SETTINGS},
    **CHANNEL_FIELDS,
    bot_id=or_null(TEXT) | {"description": "its number"},
    bot_declared=or_null(TEXT) | {"description": "its name in the configuration"},
    interval=NUMBER,
    timeout=NUMBER,
    down_after=or_null(INTEGER),
    down_after_seconds=or_null(NUMBER),
    false_alarms=or_null(TEXT),
    max_delay=or_null(NUMBER),
    up_after=INTEGER,
    parent=or_null(TEXT),
    tell_tags=FLAG,
    tell_slow=FLAG,
    tell_address_change=FLAG,
    tell_unseen=FLAG,
    language=TEXT,
    quiet=FLAG,
    remind=TEXT,
    quiet_hours=TEXT,
    quiet_hold=FLAG,
    escalation=TEXT,
    group=TEXT,
    critical=FLAG,
    may_be_off=FLAG,
    expect_up=TEXT,
    tags={"type": "array", "items": TEXT},
    own={
        "type": "array",
        "items": TEXT,
        "description": "settings that were given for it; others are its tags' or the default",
    },
    chat_given=FLAG | {"description": "false: its tags or its group give the first chat"},
    state=STATE,
    reason=TEXT | {"description": "why it is not up, or can't be seen; empty when it is up"},
    seen=or_null({"type": "string", "format": "date-time"})
    | {"description": "when the newest probe that was answered left"},
    told=STATE | {"description": "what people know; another state than this one was not told"},
    since=MOMENT,
    last_rtt_ms=or_null(NUMBER),
    certificate_ends=CERTIFICATE_ENDS,
    loss=NUMBER,
    delivery=TEXT,
    held=HOLD | {"type": ["object", "null"], "description": "of all holds the one that ends last"},
    holds={"type": "array", "items": HOLD},
    channels={"type": "array", "items": CHANNEL, "description": "all that are told"},
)

COUNTERS: Schema = {
    "type": "object",
    "additionalProperties": INTEGER,
    "description": "packets that are neither reply nor loss since the daemon began to probe, by kind: "
    "duplicates, late replies, replies with another payload or from another source, ICMP errors of "
    "requests that went round in a loop, replies of several devices to one request (broadcast)",
}

FORECAST = result(
    waits_for=INTEGER | {"description": "losses in a row"},
    false_alarms_per_year=NUMBER,
    delay_median_s=NUMBER,
    delay_p99_s=NUMBER,
    limited_by={"enum": ["budget", "max_delay", "longest", "fixed"]},
    false_alarms=or_null(TEXT),
    max_delay=or_null(NUMBER),
) | {"additionalProperties": False}
