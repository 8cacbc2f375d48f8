"""The configuration file: what it says, and all that is wrong with it, each with file, table and key."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pingmon.api.validation import Validator
from pingmon.daemon.alarm_config import AlarmConfig, read_alarm_config
from pingmon.daemon.chat_config import read_chat_config
from pingmon.daemon.config_schema import FILE, GATEWAY, NEEDS_TOKEN, SECRETS_OF_FILE, TABLES
from pingmon.daemon.heartbeat_config import read_heartbeat
from pingmon.daemon.named_channels import DECLARED, NAME, ChannelParser, no_such_bot
from pingmon.daemon.secret_file import credentials, read_secret
from pingmon.daemon.sections import Sections, read_sections
from pingmon.daemon.tag_config import read_tag_config
from pingmon.engine.heartbeat import HeartbeatSettings
from pingmon.model.chat_config import NO_CHAT_CONFIG, ChatConfig
from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import parse_address
from pingmon.model.monitor import ChannelRequest
from pingmon.text.decoding import decode, read_setting
from pingmon.text.printable import UNPRINTABLE

_READ_BY_ALL = 0o004  # mode of a file


class Parsers(NamedTuple):
    """Of the kind of channel that the file declares accounts of. of_kind: of settings of each kind.

    They raise InvalidValue.
    """

    secret: Callable[[str], str]
    address: Callable[[Any], str]
    identify: Callable[[str], str]  # of a secret
    of_kind: Mapping[str, Callable[[Mapping[str, Any]], ChannelRequest]]


class Problems:
    """What is wrong, gathered so that all of it is said at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, where: str, words: object) -> None:
        line = f"{where}: {words}"  # of which a name or a path may hold anything
        self.lines.append(UNPRINTABLE.sub(lambda one: repr(one.group())[1:-1], line))

    def __bool__(self) -> bool:
        return bool(self.lines)


@dataclass(slots=True)
class ConfigFile:
    """What the file says. was_read: whether it is there and is TOML. bots: name → token.

    unchecked: settings that only the service can see. warnings: what is allowed and should not be.
    """

    path: Path
    was_read: bool = True
    values: dict[str, str] = field(default_factory=dict)
    bots: dict[str, str] = field(default_factory=dict, repr=False)
    uplink: tuple[str, ...] = (GATEWAY,)
    operator: ChannelRequest | None = None
    heartbeat: HeartbeatSettings | None = None
    alarms: AlarmConfig = field(default_factory=AlarmConfig)
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    chat: ChatConfig = NO_CHAT_CONFIG
    sections: Sections = field(default_factory=Sections)
    unchecked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_config_file(
    path: Path,
    must_exist: bool,
    parsers: Parsers,
    is_check: bool,
    problems: Problems,
) -> ConfigFile:
    """What can be used of the file; what can't is added to `problems`.

    is_check: credentials that we were not passed are no problem.
    """
    found = ConfigFile(path)
    try:
        content = tomllib.loads(decode(read_setting(path)))
    except FileNotFoundError:
        if must_exist:
            problems.add(str(path), "no such file")
        found.was_read = not must_exist
        return found
    except OSError as error:
        problems.add(str(path), error.strerror)
        found.was_read = False
        return found
    except (ValueError, RecursionError) as error:
        problems.add(str(path), error)
        found.was_read = False
        return found
    tables = _checked(path, content, problems)
    found.values = {name: value for name, value in tables.items() if name not in TABLES}
    bots, commands = _without_commands(path, tables.get("bots", {}), problems)
    unchecked = _unchecked(bots) if is_check else {}
    found.unchecked = tuple(unchecked.values())
    found.warnings = (*_warnings(path, bots), *_heartbeat_warnings(path, tables.get("heartbeat", {})))
    checked = {name: one for name, one in bots.items() if name not in unchecked}
    found.bots = _bots(path, checked, parsers.secret, problems)
    found.bots |= dict.fromkeys(unchecked, "")
    _check_operators_bot(path, content, problems)
    found.uplink = _uplink(path, tables.get("uplink", [GATEWAY]), problems)
    declared = content.get("bots")
    names = declared if isinstance(declared, dict) else {}
    parser = ChannelParser(parsers.of_kind, parsers.address, names)
    if "operator" in tables:
        found.operator = _operator(path, tables["operator"], found.bots, parser, parsers, problems)
    zone = str(found.values.get("time_zone", ""))
    found.alarms = read_alarm_config(tables, parser, zone)
    for key, words in found.alarms.problems:
        problems.add(f"{path}: {key}", words)
    found.tags, wrong = read_tag_config(tables.get("tags", {}), found.alarms, parser)
    for key, words in wrong:
        problems.add(f"{path}: {key}", words)
    found.chat, wrong = read_chat_config(tables.get("chat", {}), names, commands, parsers.address)
    for key, words in wrong:
        problems.add(f"{path}: {key}", words)
    found.sections = read_sections(tables, is_check)
    for key, words in found.sections.problems:
        problems.add(f"{path}: {key}", words)
    found.unchecked += tuple(found.sections.unchecked)
    found.warnings += tuple(_secret_warnings(path, found.sections.secret_files))
    heartbeat = read_heartbeat(tables.get("heartbeat"), is_check)
    for key, words in heartbeat.problems:
        problems.add(f"{path}: heartbeat{'.' if key else ''}{key}", words)
    found.heartbeat, found.unchecked = heartbeat.settings, found.unchecked + heartbeat.unchecked
    return found


def _checked(path: Path, content: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """What can be used: all but the settings and tables (of bots: each by itself) that are wrong."""
    wrong = set()
    for problem in Validator(FILE, secrets=SECRETS_OF_FILE).problems(content):
        problems.add(f"{path}: {problem.place}", problem.words)
        key, *below = problem.place.split(".")
        wrong.add((key, below[0]) if key == "bots" and below else (key,))
    right = {key: value for key, value in content.items() if (key,) not in wrong}
    if "bots" in right:
        right["bots"] = {name: one for name, one in right["bots"].items() if ("bots", name) not in wrong}
    return right


def _without_commands(
    path: Path, tables: dict[str, Any], problems: Problems
) -> tuple[dict[str, Any], dict[str, bool]]:
    """What says their tokens, of those that have one; whether commands are read, where that is said."""
    commands = {name: one["commands"] for name, one in tables.items() if "commands" in one}
    tokens = {}
    for name, one in tables.items():
        tokens[name] = {key: value for key, value in one.items() if key != "commands"}
        if not tokens[name]:
            problems.add(f"{path}: bots.{name}", NEEDS_TOKEN)
            del tokens[name]
    return tokens, commands


def _check_operators_bot(path: Path, content: dict[str, Any], problems: Problems) -> None:
    """That it is declared, be its token right or wrong."""
    operator, bots = content.get("operator"), content.get("bots", {})
    bot = operator.get("bot") if isinstance(operator, dict) else None
    if isinstance(bot, str) and isinstance(bots, dict) and bot not in bots:
        problems.add(f"{path}: operator.bot", no_such_bot(bot, bots))


def _operator(
    path: Path,
    table: dict[str, Any],
    bots: dict[str, str],
    parser: ChannelParser,
    parsers: Parsers,
    problems: Problems,
) -> ChannelRequest | None:
    """Who is told of messages that can not be delivered. bots: name → token, of those that are right."""
    try:
        chat = parser.channel(table)
    except InvalidValue as error:
        if error.field != NAME:  # that was said
            problems.add(f"{path}: operator.{error.field or DECLARED.address}", error)
        return None
    if chat.request is not None:
        return chat.request
    if chat.bot not in bots:
        return None
    secret = bots[chat.bot]
    return ChannelRequest(DECLARED.name, secret, parsers.identify(secret), chat.address, chat.topic)


def _uplink(path: Path, names: list[Any], problems: Problems) -> tuple[str, ...]:
    """Addresses that answer whenever this machine can see; `gateway` is the default gateway."""
    found = []
    for one in names:
        try:
            found.append(one if one == GATEWAY else parse_address(str(one)))
        except InvalidValue as error:
            problems.add(f"{path}: uplink", error)
    return tuple(found)


def _unchecked(tables: dict[str, Any]) -> dict[str, str]:
    """Bots whose tokens are credentials that we were not passed: name → key of the setting."""
    if credentials():
        return {}
    return {
        name: f"bots.{name}.token_credential"
        for name, table in tables.items()
        if set(table) == {"token_credential"}
    }


def _warnings(path: Path, tables: dict[str, Any]) -> Iterable[str]:
    """Files of tokens that every user of this machine can read."""
    for name, table in tables.items():
        file = table.get("token_file")
        if _is_read_by_all(file):
            key = f"{path}: bots.{name}.token_file"
            yield f"{key}: every user can read the token in {file}: chmod o= {file}"


def _heartbeat_warnings(path: Path, table: dict[str, Any]) -> Iterable[str]:
    """Likewise of the secret URL."""
    file = str(path) if "url" in table else table.get("url_file")
    if _is_read_by_all(file):
        key = f"{path}: heartbeat.{'url' if 'url' in table else 'url_file'}"
        yield f"{key}: every user can read the URL in {file}: chmod o= {file}"


def _secret_warnings(path: Path, files: Mapping[str, str]) -> Iterable[str]:
    """files: of secrets, by the key that names each."""
    for key, file in files.items():
        if _is_read_by_all(file):
            yield f"{path}: {key}: every user can read the secret in {file}: chmod o= {file}"


def _is_read_by_all(file: Any) -> bool:
    """False when it can't be read; that is said elsewhere."""
    try:
        return isinstance(file, str) and bool(Path(file).stat().st_mode & _READ_BY_ALL)
    except (OSError, ValueError):
        return False


def _bots(
    path: Path, tables: dict[str, Any], parse_secret: Callable[[str], str], problems: Problems
) -> dict[str, str]:
    """Tokens by bot name."""
    tokens = {}
    for name, table in tables.items():
        key = f"{path}: bots.{name}"
        ((kind, value),) = table.items()
        try:
            tokens[name] = read_secret(value, kind == "token_credential", parse_secret)
        except ValueError as error:
            problems.add(key, error)
    return tokens
