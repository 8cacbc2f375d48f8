"""Settings: flags win over the environment, which wins over the file."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pingmon import __version__
from pingmon.api.validation import Validator
from pingmon.channels.registry import CHANNELS, channel_services
from pingmon.daemon.alarm_config import AlarmConfig
from pingmon.daemon.config_file import ConfigFile, Parsers, Problems, read_config_file
from pingmon.daemon.config_schema import SECRET_VALUES, SETTINGS, VALUES
from pingmon.daemon.named_channels import DECLARED
from pingmon.daemon.sections import default_sections
from pingmon.engine.heartbeat import HeartbeatSettings
from pingmon.kinds import CHANNEL_KINDS
from pingmon.model.chat_config import NO_CHAT_CONFIG, ChatConfig
from pingmon.model.delivery import ChannelService
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ChannelRequest
from pingmon.notify.translation import Translation

DEFAULT_FILE = "/etc/pingmon/pingmon.toml"
_OF_KINDS = {
    one.name for kind in CHANNEL_KINDS.values() if not kind.section for one in kind.configuration
}


class ConfigError(Exception):
    """Settings that can't be used: one line each, with where it comes from, its name and the reason."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is in force. bots: name → token, read from files that only the daemon can read."""

    file: Path
    socket: str
    state_dir: str
    proxy: str
    ca_file: str
    language: str
    time_zone: str
    log_level: str
    of_kinds: dict[str, str] = field(default_factory=dict)  # settings of kinds of channels
    bots: dict[str, str] = field(default_factory=dict, repr=False)
    uplink: tuple[str, ...] = ("gateway",)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    operator: ChannelRequest | None = None  # where it is told that messages do not arrive
    heartbeat: HeartbeatSettings | None = None
    alarms: AlarmConfig = field(default_factory=AlarmConfig)
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)  # settings that they give
    chat: ChatConfig = NO_CHAT_CONFIG
    check_only: bool = False
    unchecked: tuple[str, ...] = ()  # what only the service can see
    warnings: tuple[str, ...] = ()  # what is allowed and should not be
    backup: str | None = None

    @property
    def values(self) -> dict[str, str]:
        """Of all SETTINGS."""
        own = [setting.name for setting in SETTINGS if setting.name not in self.of_kinds]
        return {name: getattr(self, name) for name in own} | self.of_kinds

    @property
    def for_channels(self) -> dict[str, Any]:
        """What kinds of channels read theirs from: `values`, and their sections."""
        return self.values | self.sections

    @property
    def accounts(self) -> dict[str, dict[str, str]]:
        """Kind of channel → the accounts that are declared: name → secret."""
        return {DECLARED.name: self.bots}


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pingmond", description="Watches devices and services, and tells people what changed."
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
    parsers = _parsers()
    found = read_config_file(path, bool(named), parsers, flags.check_config, problems)
    values, sources = _values(flags, found)
    if flags.backup:
        return _of_backup(flags, found, values, sources, problems)
    _check(values, sources, problems)
    if not problems:
        _check_channels(values, found, problems)
    if problems:
        raise ConfigError("\n".join(problems.lines))
    return Config(
        path,
        **_fields(values),
        sections=found.sections.values,
        bots=found.bots,
        uplink=found.uplink,
        operator=found.operator,
        heartbeat=found.heartbeat,
        alarms=found.alarms,
        tags=found.tags,
        chat=found.chat,
        check_only=flags.check_config,
        unchecked=found.unchecked,
        warnings=found.warnings,
    )


def _parsers() -> Parsers:
    """What is read needs no settings: those of kinds that have none yet are their defaults."""
    services = channel_services({one.name: one.default for one in SETTINGS} | default_sections())
    declared = services[DECLARED.name]
    of_kind = {kind: partial(_parse, service) for kind, service in services.items()}
    return Parsers(declared.parse_secret, declared.parse_address, declared.identify, of_kind)


def _parse(service: ChannelService, settings: Mapping[str, Any]) -> ChannelRequest:
    return service.parse(settings, {})


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
    values["log_level"] = values["log_level"].lower()
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
    return Config(file.path, **_fields(values), backup=flags.backup)


def _fields(values: dict[str, str]) -> dict[str, Any]:
    """Of Config."""
    own: dict[str, Any] = {name: value for name, value in values.items() if name not in _OF_KINDS}
    return own | {"of_kinds": {name: values[name] for name in values if name in _OF_KINDS}}


def _check_channels(values: dict[str, str], file: ConfigFile, problems: Problems) -> None:
    """What only a kind of channel can say of its settings."""
    for kind, make in CHANNELS.items():
        section = CHANNEL_KINDS[kind].section
        if any(key.startswith(f"{section}.") for key in file.sections.unchecked):
            continue
        try:
            make(values | file.sections.values)
        except InvalidValue as error:
            key = ".".join(one for one in (section, error.field) if one)
            problems.add(f"{file.path}: {key}", error)


def _check(values: dict[str, str], sources: dict[str, str], problems: Problems) -> None:
    """What the values must be."""
    for problem in Validator(VALUES, secrets=SECRET_VALUES).problems(values):
        problems.add(sources[problem.place], problem.words)
    if values["ca_file"] and not _is_file(values["ca_file"]):
        problems.add(sources["ca_file"], f"{values['ca_file']}: no such file")
    try:
        Translation("en", values["time_zone"])
    except (ValueError, OSError, KeyError):
        words = f"{values['time_zone']!r} is not known here (is tzdata installed?)"
        problems.add(sources["time_zone"], words)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except ValueError:  # it holds a NUL
        return False
