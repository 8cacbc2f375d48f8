"""Settings: flags win over the environment, which wins over the file."""

import argparse
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pingmon import __version__
from pingmon.api.protocol import DEFAULT_SOCKET
from pingmon.channels.telegram.client import DEFAULT_URL
from pingmon.channels.telegram.parsing import bot_number, parse_chat, parse_token
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ChannelRequest
from pingmon.model.parsing import parse_address
from pingmon.notify.translation import LANGUAGES, Translation

DEFAULT_FILE = "/etc/pingmon/pingmon.toml"
LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """A setting that can't be used: file, key and reason in one line."""


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


SETTINGS = (
    Setting("socket", DEFAULT_SOCKET, "PATH", "where clients connect, unless systemd passes a socket"),
    Setting("state_dir", "/var/lib/pingmon", "DIR", "the directory of pingmon.db"),
    Setting("telegram_api_url", DEFAULT_URL, "URL", "base URL of the Bot API server"),
    Setting("proxy", "", "URL", "proxy to the Bot API: http://HOST:PORT or socks5h://HOST:PORT"),
    Setting("ca_file", "", "FILE", "certificates (PEM) to trust for a Bot API server of your own"),
    Setting("language", "en", "LANGUAGE", f"of messages, unless a monitor says: {', '.join(LANGUAGES)}"),
    Setting("time_zone", "", "ZONE", "of times in messages, as Europe/Berlin; empty: the system's"),
    Setting("log_level", "info", "LEVEL", f"least level to log: {', '.join(LEVELS)}", live=True),
)
BOT_KEYS = {"token_file", "token_credential"}


@dataclass(frozen=True, slots=True)
class Config:
    """What is in force. bots: name → token, read from files that only the daemon can read."""

    file: Path
    socket: str
    state_dir: str
    telegram_api_url: str
    proxy: str
    ca_file: str
    language: str
    time_zone: str
    log_level: str
    bots: dict[str, str] = field(default_factory=dict, repr=False)
    uplink: tuple[str, ...] = ("gateway",)
    operator: tuple[str, str] | None = None  # token, chat
    check_only: bool = False
    unchecked: tuple[str, ...] = ()  # what only the service can see
    backup: str | None = None

    @property
    def values(self) -> dict[str, str]:
        """Of all SETTINGS: what kinds of channels read theirs from."""
        return {setting.name: getattr(self, setting.name) for setting in SETTINGS}

    @property
    def accounts(self) -> dict[str, dict[str, str]]:
        """Kind of channel → the accounts that are declared: name → secret."""
        return {"telegram": self.bots}

    @property
    def operator_channel(self) -> ChannelRequest | None:
        """Where it is told that messages do not arrive."""
        if self.operator is None:
            return None
        token, chat = self.operator
        return ChannelRequest("telegram", token, bot_number(token), chat)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pingmond", description="Watches devices and tells people in Telegram what changed."
    )
    parser.add_argument("--version", action="version", version=f"pingmond {__version__}")
    parser.add_argument("--config", metavar="FILE", help=f"configuration (default {DEFAULT_FILE})")
    text = "say whether the configuration is right, and end"
    parser.add_argument("--check-config", action="store_true", help=text)
    text = "write a consistent copy of the database, also while pingmond runs, and end"
    parser.add_argument("--backup", metavar="FILE", help=text)
    for setting in SETTINGS:
        flag = "--" + setting.name.replace("_", "-")
        text = f"{setting.help} (default {setting.default})" if setting.default else setting.help
        parser.add_argument(flag, dest=setting.name, metavar=setting.metavar, help=text)
    return parser


def load(arguments: list[str] | None = None) -> Config:
    """Raises ConfigError; SystemExit for wrong usage."""
    flags = build_parser().parse_args(arguments)
    named = flags.config or os.environ.get("PINGMON_CONFIG")
    path = Path(named or DEFAULT_FILE)
    values = {setting.name: setting.default for setting in SETTINGS}
    found = _read(path, must_exist=bool(named))
    tables = found.pop("bots", {})
    unchecked = _unchecked(tables) if flags.check_config else {}
    bots = _bots(path, {name: one for name, one in tables.items() if name not in unchecked})
    bots |= dict.fromkeys(unchecked, "")
    operator = _operator(path, found.pop("operator", None), bots)
    uplink = _uplink(path, found.pop("uplink", ["gateway"]))
    values |= found
    for setting in SETTINGS:
        from_environment = os.environ.get("PINGMON_" + setting.name.upper())
        value = getattr(flags, setting.name) or from_environment
        if value:
            values[setting.name] = value
    if values["log_level"].lower() not in LEVELS:
        raise ConfigError(f"log_level: {values['log_level']!r} is none of {', '.join(LEVELS)}")
    if not values["telegram_api_url"].startswith(("http://", "https://")):
        raise ConfigError("telegram_api_url: must start with http:// or https://")
    _check(values)
    return Config(
        path,
        **values,
        bots=bots,
        uplink=uplink,
        operator=operator,
        check_only=flags.check_config,
        unchecked=tuple(unchecked.values()),
        backup=flags.backup,
    )


def _read(path: Path, must_exist: bool) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(f"{path}: no such file") from None
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    known = {setting.name for setting in SETTINGS} | {"bots", "uplink", "operator"}
    for key, value in found.items():
        if key not in known:
            raise ConfigError(f"{path}: {key}: no such setting; known: {', '.join(sorted(known))}")
        kind = {"bots": dict, "operator": dict, "uplink": list}.get(key, str)
        if not isinstance(value, kind):
            words = {dict: "table", list: "list of addresses"}.get(kind, "string")
            raise ConfigError(f"{path}: {key}: must be a {words}")
    return found


def _check(values: dict[str, str]) -> None:
    """What the other settings must be. Raises ConfigError."""
    if values["proxy"] and not values["proxy"].startswith(("http://", "socks5h://", "socks5://")):
        raise ConfigError("proxy: must start with http:// or socks5h://")
    if values["ca_file"] and not Path(values["ca_file"]).is_file():
        raise ConfigError(f"ca_file: {values['ca_file']}: no such file")
    if values["language"] not in LANGUAGES:
        raise ConfigError(f"language: {values['language']!r} is none of {', '.join(LANGUAGES)}")
    try:
        Translation("en", values["time_zone"])
    except (ValueError, OSError, KeyError):
        raise ConfigError(
            f"time_zone: {values['time_zone']!r} is not known here (is tzdata installed?)"
        ) from None


def _operator(path: Path, table: dict[str, Any] | None, bots: dict[str, str]) -> tuple[str, str] | None:
    """Who is told of messages that can not be delivered: [operator] bot, chat_id."""
    if table is None:
        return None
    if set(table) != {"bot", "chat_id"} or table["bot"] not in bots:
        raise ConfigError(f"{path}: operator: needs bot (one of [bots.NAME]) and chat_id, nothing else")
    try:
        return bots[table["bot"]], parse_chat(table["chat_id"])
    except InvalidValue as error:
        raise ConfigError(f"{path}: operator.chat_id: {error}") from None


def _uplink(path: Path, names: list[Any]) -> tuple[str, ...]:
    """Addresses that answer whenever this machine can see; `gateway` is the default gateway."""
    try:
        return tuple(one if one == "gateway" else parse_address(str(one)) for one in names)
    except InvalidValue as error:
        raise ConfigError(f"{path}: uplink: {error}") from None


def _unchecked(tables: dict[str, Any]) -> dict[str, str]:
    """Bots whose tokens are credentials that we were not passed: name → key of the setting."""
    if os.environ.get("CREDENTIALS_DIRECTORY"):
        return {}
    return {
        name: f"bots.{name}.token_credential"
        for name, table in tables.items()
        if isinstance(table, dict) and set(table) == {"token_credential"}
    }


def _bots(path: Path, tables: dict[str, Any]) -> dict[str, str]:
    """Tokens by bot name. A credential is a file in the directory that systemd passes."""
    tokens = {}
    for name, table in tables.items():
        key = f"{path}: bots.{name}"
        if not isinstance(table, dict) or len(table) != 1 or not set(table) <= BOT_KEYS:
            raise ConfigError(f"{key}: needs either token_file or token_credential, nothing else")
        ((kind, value),) = table.items()
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{key}.{kind}: must be a string")
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if kind == "token_credential" and not folder:
            raise ConfigError(f"{key}: systemd passed no credentials; add LoadCredential= to the unit")
        file = Path(folder) / value if kind == "token_credential" else Path(value)
        try:
            tokens[name] = parse_token(file.read_text().strip())
        except OSError as error:
            raise ConfigError(f"{key}: {file}: {error.strerror}") from None
        except InvalidValue as error:
            raise ConfigError(f"{key}: {file}: {error}") from None
    return tokens
