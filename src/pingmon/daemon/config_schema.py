"""What the configuration may hold: settings of flags, environment and file, and tables of the file.

JSON Schema, as for parameters of the API; `words` says what a value must be (api/validation.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pingmon.api.protocol import DEFAULT_SOCKET
from pingmon.daemon.chat_config import CHAT
from pingmon.daemon.named_channels import channel_table
from pingmon.daemon.sections import SECTIONS
from pingmon.daemon.tag_config import TAG
from pingmon.engine.heartbeat import METHODS
from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.monitor import MOST_CHANNELS
from pingmon.notify.translation import LANGUAGES

Schema = dict[str, Any]
LEVELS = ("debug", "info", "warning", "error")
GATEWAY = "gateway"
BOT_KEYS = ("token_file", "token_credential")
NEEDS_TOKEN = "needs either token_file or token_credential"
HEARTBEAT_SOURCES = ("url", "url_file", "url_credential")
EVERY_LEAST, EVERY_MOST = 10, 86400  # s

_SHOWN = ("description", "default")  # keywords that are for people

_TEXT: Schema = {"type": "string"}
_SECRET_TEXT: Schema = {"type": "string", "minLength": 1, "words": "must be text"}


def _starting_with(pattern: str, words: str) -> Schema:
    return {"type": "string", "pattern": pattern, "words": f"must start with {words}"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, described once for the flag, the environment, the file and its manual page.

    live: whether SIGHUP applies it; the others need a restart.
    """

    name: str
    default: str
    metavar: str
    help: str
    live: bool = False
    schema: Schema = field(default_factory=lambda: _TEXT)


def _of_kinds() -> Iterable[Setting]:
    """Those that kinds of channels declare as settings of the daemon itself."""
    for kind in CHANNEL_KINDS.values():
        for one in () if kind.section else kind.configuration:
            schema = {name: value for name, value in one.schema.items() if name not in _SHOWN}
            default, words = str(one.schema["default"]), one.schema["description"]
            yield Setting(one.name, default, one.metavar, words, schema=schema)


SETTINGS = (
    Setting("socket", DEFAULT_SOCKET, "PATH", "where clients connect, unless systemd passes a socket"),
    Setting("state_dir", "/var/lib/pingmon", "DIR", "the directory of pingmon.db"),
    *_of_kinds(),
    Setting(
        "proxy",
        "",
        "URL",
        "proxy to the Bot API: http://HOST:PORT or socks5h://HOST:PORT",
        schema=_starting_with("^$|^(http|socks5h?)://", "http:// or socks5h://"),
    ),
    Setting("ca_file", "", "FILE", "certificates (PEM) to trust for a Bot API server of your own"),
    Setting(
        "language",
        "en",
        "LANGUAGE",
        f"of messages, unless a monitor says: {', '.join(LANGUAGES)}",
        schema={"enum": list(LANGUAGES)},
    ),
    Setting(
        "time_zone",
        "",
        "ZONE",
        "of times in messages, as Europe/Berlin; empty: the system's, as it is then",
    ),
    Setting(
        "log_level",
        "info",
        "LEVEL",
        f"least level to log: {', '.join(LEVELS)}",
        live=True,
        schema={"enum": list(LEVELS)},
    ),
)

VALUES: Schema = {"type": "object", "properties": {one.name: one.schema for one in SETTINGS}}
SECRET_VALUES = ("proxy",)  # may hold a password

_BOT: Schema = {
    "type": "object",
    "properties": {**dict.fromkeys(BOT_KEYS, _SECRET_TEXT), "commands": {"type": "boolean"}},
    "additionalProperties": False,
    "minProperties": 1,
    "not": {"required": list(BOT_KEYS)},
    "words": NEEDS_TOKEN,
}
_OPERATOR: Schema = channel_table({})
_HEARTBEAT: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(HEARTBEAT_SOURCES, _SECRET_TEXT),
        "every": {
            "type": "number",
            "minimum": EVERY_LEAST,
            "maximum": EVERY_MOST,
            "words": f"must be {EVERY_LEAST} to {EVERY_MOST} seconds",
        },
        "method": {"enum": list(METHODS)},
    },
    "additionalProperties": False,
    "oneOf": [{"required": [one]} for one in HEARTBEAT_SOURCES],
    "words": f"needs one of {', '.join(HEARTBEAT_SOURCES)}, in a table [heartbeat]",
}
_STEP: Schema = channel_table({"after": _TEXT}, ("after",))
_MEMBER: Schema = channel_table({})
_CHAT: Schema = {
    "type": "object",
    "properties": {"quiet_hours": _TEXT, "quiet_hold": {"type": "boolean"}},
    "required": ["quiet_hours"],
    "additionalProperties": False,
}
TABLES: dict[str, Schema] = {
    "bots": {"type": "object", "additionalProperties": _BOT},
    "operator": _OPERATOR,
    "uplink": {"type": "array", "items": _TEXT},
    "heartbeat": _HEARTBEAT,
    "escalation": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": _STEP, "minItems": 1, "maxItems": 20},
    },
    "groups": {
        "type": "object",
        "additionalProperties": {
            "type": "array",
            "items": _MEMBER,
            "minItems": 1,
            "maxItems": MOST_CHANNELS,
        },
    },
    "chats": {"type": "object", "additionalProperties": _CHAT},
    "chat": CHAT,
    "tags": {"type": "object", "additionalProperties": TAG},
    **SECTIONS,
}
# Values of settings are checked when it is known which of them is in force: by VALUES.
FILE: Schema = {
    "type": "object",
    "properties": {**{one.name: _TEXT for one in SETTINGS}, **TABLES},
    "additionalProperties": False,
}
SECRETS_OF_FILE = ("heartbeat", *(f"heartbeat.{one}" for one in HEARTBEAT_SOURCES), *SECRET_VALUES)
