"""Settings: flags win over the environment, which wins over the file."""

import argparse
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pingmon import __version__
from pingmon.api.protocol import DEFAULT_SOCKET
from pingmon.notify.telegram import DEFAULT_URL

DEFAULT_FILE = "/etc/pingmon/pingmon.toml"
LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """A setting that can't be used: file, key and reason in one line."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, described once for the flag, the environment and the file."""

    name: str
    default: str
    metavar: str
    help: str


SETTINGS = (
    Setting("socket", DEFAULT_SOCKET, "PATH", "where clients connect"),
    Setting("state_dir", "/var/lib/pingmon", "DIR", "where pingmon.db lives"),
    Setting("telegram_api_url", DEFAULT_URL, "URL", "base URL of the Bot API server"),
    Setting("log_level", "info", "LEVEL", f"least level to log: {', '.join(LEVELS)}"),
)


@dataclass(frozen=True, slots=True)
class Config:
    file: Path
    socket: str
    state_dir: str
    telegram_api_url: str
    log_level: str
    check_only: bool = False


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pingmond", description="Watches devices and tells people in Telegram what changed."
    )
    parser.add_argument("--version", action="version", version=f"pingmond {__version__}")
    parser.add_argument("--config", metavar="FILE", help=f"configuration (default {DEFAULT_FILE})")
    text = "say whether the configuration is right, and end"
    parser.add_argument("--check-config", action="store_true", help=text)
    for setting in SETTINGS:
        flag = "--" + setting.name.replace("_", "-")
        text = f"{setting.help} (default {setting.default})"
        parser.add_argument(flag, dest=setting.name, metavar=setting.metavar, help=text)
    return parser


def load(arguments: list[str] | None = None) -> Config:
    """Raises ConfigError; SystemExit for wrong usage."""
    flags = build_parser().parse_args(arguments)
    named = flags.config or os.environ.get("PINGMON_CONFIG")
    path = Path(named or DEFAULT_FILE)
    values = {setting.name: setting.default for setting in SETTINGS}
    values |= _read(path, must_exist=bool(named))
    for setting in SETTINGS:
        from_environment = os.environ.get("PINGMON_" + setting.name.upper())
        value = getattr(flags, setting.name) or from_environment
        if value:
            values[setting.name] = value
    if values["log_level"].lower() not in LEVELS:
        raise ConfigError(f"log_level: {values['log_level']!r} is none of {', '.join(LEVELS)}")
    if not values["telegram_api_url"].startswith(("http://", "https://")):
        raise ConfigError("telegram_api_url: must start with http:// or https://")
    return Config(path, **values, check_only=flags.check_config)


def _read(path: Path, must_exist: bool) -> dict[str, str]:
    try:
        found = tomllib.loads(path.read_text())
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(f"{path}: no such file") from None
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    known = {setting.name for setting in SETTINGS}
    for key, value in found.items():
        if key not in known:
            raise ConfigError(f"{path}: {key}: no such setting; known: {', '.join(sorted(known))}")
        if not isinstance(value, str):
            raise ConfigError(f"{path}: {key}: must be a string, not {value!r}")
    return found
