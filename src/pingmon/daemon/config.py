"""Settings: flags win over the environment, which wins over the file."""

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pingmon import __version__
from pingmon.api.protocol import DEFAULT_SOCKET
from pingmon.channels.telegram.client import DEFAULT_URL
from pingmon.channels.telegram.token_and_chat import bot_number, parse_chat, parse_token
from pingmon.daemon.config_file import ConfigFile, Parsers, Problems, read_config_file
from pingmon.engine.heartbeat import HeartbeatSettings
from pingmon.model.monitor import ChannelRequest
from pingmon.notify.translation import LANGUAGES, Translation

DEFAULT_FILE = "/etc/pingmon/pingmon.toml"
LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """Settings that can't be used: one line each, with where it comes from, its name and the reason."""


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
    heartbeat: HeartbeatSettings | None = None
    check_only: bool = False
    unchecked: tuple[str, ...] = ()  # what only the service can see
    warnings: tuple[str, ...] = ()  # what is allowed and should not be
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
    """Raises ConfigError, which names all that is wrong; SystemExit for wrong usage."""
    flags = build_parser().parse_args(arguments)
    named = flags.config or os.environ.get("PINGMON_CONFIG")
    path = Path(named or DEFAULT_FILE)
    problems = Problems()
    names = tuple(setting.name for setting in SETTINGS)
    parsers = Parsers(parse_token, parse_chat)
    found = read_config_file(path, bool(named), names, parsers, flags.check_config, problems)
    values, sources = _values(flags, found)
    if flags.backup:
        return _of_backup(flags, found, values, sources, problems)
    _check(values, sources, problems)
    if problems:
        raise ConfigError("\n".join(problems.lines))
    return Config(
        path,
        **values,
        bots=found.bots,
        uplink=found.uplink,
        operator=found.operator,
        heartbeat=found.heartbeat,
        check_only=flags.check_config,
        unchecked=found.unchecked,
        warnings=found.warnings,
    )


def _values(flags: argparse.Namespace, file: ConfigFile) -> tuple[dict[str, str], dict[str, str]]:
    """By setting: its value, and where that comes from."""
    values = {setting.name: setting.default for setting in SETTINGS} | file.values
    sources = {setting.name: f"{file.path}: {setting.name}" for setting in SETTINGS}
    for setting in SETTINGS:
        variable = "PINGMON_" + setting.name.upper()
        given = {
            variable: os.environ.get(variable),
            "--" + setting.name.replace("_", "-"): getattr(flags, setting.name),
        }
        for source, value in given.items():
            if value:
                values[setting.name], sources[setting.name] = value, source
    return values, sources


def _of_backup(
    flags: argparse.Namespace,
    file: ConfigFile,
    values: dict[str, str],
    sources: dict[str, str],
    problems: Problems,
) -> Config:
    """A copy of the database needs to know where it is, and nothing else. Raises ConfigError."""
    in_file = sources["state_dir"].startswith(str(file.path))
    wrong = [one for one in problems.lines if not file.was_read or one.startswith(sources["state_dir"])]
    if in_file and wrong:
        raise ConfigError("\n".join(wrong))
    fields: dict[str, Any] = {**values}
    return Config(file.path, **fields, backup=flags.backup)


def _check(values: dict[str, str], sources: dict[str, str], problems: Problems) -> None:
    """What the values must be."""

    def wrong(name: str, words: str) -> None:
        problems.add(sources[name], words)

    level, url, proxy = values["log_level"], values["telegram_api_url"], values["proxy"]
    if level.lower() not in LEVELS:
        wrong("log_level", f"{level!r} is none of {', '.join(LEVELS)}")
    if not url.startswith(("http://", "https://")):
        wrong("telegram_api_url", f"must start with http:// or https://, not {url!r}")
    if proxy and not proxy.startswith(("http://", "socks5h://", "socks5://")):
        wrong("proxy", "must start with http:// or socks5h://")
    if values["ca_file"] and not _is_file(values["ca_file"]):
        wrong("ca_file", f"{values['ca_file']}: no such file")
    if values["language"] not in LANGUAGES:
        wrong("language", f"{values['language']!r} is none of {', '.join(LANGUAGES)}")
    try:
        Translation("en", values["time_zone"])
    except (ValueError, OSError, KeyError):
        wrong("time_zone", f"{values['time_zone']!r} is not known here (is tzdata installed?)")


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except ValueError:  # it holds a NUL
        return False
