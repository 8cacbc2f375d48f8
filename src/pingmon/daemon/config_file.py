"""The configuration file: what it says, and all that is wrong with it, each with file, table and key."""

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pingmon.daemon.heartbeat_config import read_heartbeat
from pingmon.engine.heartbeat import HeartbeatSettings
from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import parse_address
from pingmon.text.decoding import decode, one_word

BOT_KEYS = ("token_file", "token_credential")
OPERATOR_KEYS = ("bot", "chat_id")
GATEWAY = "gateway"
_TABLES: dict[str, tuple[type, str]] = {
    "bots": (dict, "a table"),
    "operator": (dict, "a table"),
    "heartbeat": (dict, "a table"),
    "uplink": (list, "a list of addresses"),
}
_READ_BY_ALL = 0o004  # mode of a file


class Parsers(NamedTuple):
    """Of the kind of channel that the file declares accounts of. Both raise InvalidValue."""

    secret: Callable[[str], str]
    address: Callable[[Any], str]


class Problems:
    """What is wrong, gathered so that all of it is said at once."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, where: str, words: object) -> None:
        self.lines.append(f"{where}: {words}")

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
    operator: tuple[str, str] | None = None  # token, chat
    heartbeat: HeartbeatSettings | None = None
    unchecked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def read_config_file(
    path: Path,
    must_exist: bool,
    names: Iterable[str],
    parsers: Parsers,
    is_check: bool,
    problems: Problems,
) -> ConfigFile:
    """What can be used of the file; what can't is added to `problems`.

    names: of settings that are strings. is_check: credentials that we were not passed are no problem.
    """
    found = ConfigFile(path)
    try:
        content = tomllib.loads(decode(path.read_bytes()))
    except FileNotFoundError:
        if must_exist:
            problems.add(str(path), "no such file")
        found.was_read = not must_exist
        return found
    except OSError as error:
        problems.add(str(path), error.strerror)
        found.was_read = False
        return found
    except ValueError as error:
        problems.add(str(path), error)
        found.was_read = False
        return found
    tables = _checked(path, content, tuple(names), problems)
    found.values = {name: value for name, value in tables.items() if name not in _TABLES}
    bots = tables.get("bots", {})
    unchecked = _unchecked(bots) if is_check else {}
    found.unchecked = tuple(unchecked.values())
    found.warnings = (*_warnings(path, bots), *_heartbeat_warnings(path, tables.get("heartbeat", {})))
    checked = {name: one for name, one in bots.items() if name not in unchecked}
    found.bots = _bots(path, checked, parsers.secret, problems)
    found.bots |= dict.fromkeys(unchecked, "")
    found.operator = _operator(path, tables.get("operator"), set(bots), found.bots, parsers, problems)
    found.uplink = _uplink(path, tables.get("uplink", [GATEWAY]), problems)
    heartbeat = read_heartbeat(tables.get("heartbeat"), is_check)
    for key, words in heartbeat.problems:
        problems.add(f"{path}: heartbeat{'.' if key else ''}{key}", words)
    found.heartbeat, found.unchecked = heartbeat.settings, found.unchecked + heartbeat.unchecked
    return found


def _checked(
    path: Path, content: dict[str, Any], names: tuple[str, ...], problems: Problems
) -> dict[str, Any]:
    """What is known and of the right type."""
    right = {}
    for key, value in content.items():
        kind, words = _TABLES.get(key, (str, "a string"))
        if key not in (*names, *_TABLES):
            problems.add(f"{path}: {key}", f"no such setting{_hint(key, (*names, *_TABLES))}")
        elif not isinstance(value, kind):
            shown = "" if kind is dict else f", not {value!r}"  # it may be a secret
            problems.add(f"{path}: {key}", f"must be {words}{shown}")
        else:
            right[key] = value
    return right


def _hint(key: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, names := sorted(names), 1)
    return f"; did you mean {near[0]}?" if near else f"; known: {', '.join(names)}"


def _operator(
    path: Path,
    table: dict[str, Any] | None,
    known: set[str],
    bots: dict[str, str],
    parsers: Parsers,
    problems: Problems,
) -> tuple[str, str] | None:
    """Who is told of messages that can not be delivered. known: bots, also those without a token."""
    if table is None:
        return None
    before = len(problems.lines)
    for key in table:
        if key not in OPERATOR_KEYS:
            problems.add(f"{path}: operator.{key}", f"no such setting{_hint(key, OPERATOR_KEYS)}")
    for key in OPERATOR_KEYS:
        if key not in table:
            problems.add(f"{path}: operator.{key}", "is missing")
    bot, chat = table.get("bot"), ""
    if bot is not None and bot not in known:
        declared = ", ".join(sorted(known)) or "none"
        problems.add(f"{path}: operator.bot", f"there is no [bots.{bot}]; declared: {declared}")
    try:
        chat = parsers.address(table["chat_id"]) if "chat_id" in table else ""
    except InvalidValue as error:
        problems.add(f"{path}: operator.chat_id", error)
    if len(problems.lines) > before or not isinstance(bot, str) or bot not in bots:
        return None
    return bots[bot], chat


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
    if os.environ.get("CREDENTIALS_DIRECTORY"):
        return {}
    return {
        name: f"bots.{name}.token_credential"
        for name, table in tables.items()
        if isinstance(table, dict) and set(table) == {"token_credential"}
    }


def _warnings(path: Path, tables: dict[str, Any]) -> Iterable[str]:
    """Files of tokens that every user of this machine can read."""
    for name, table in tables.items():
        file = table.get("token_file") if isinstance(table, dict) else None
        if _is_read_by_all(file):
            key = f"{path}: bots.{name}.token_file"
            yield f"{key}: every user can read the token in {file}: chmod o= {file}"


def _heartbeat_warnings(path: Path, table: dict[str, Any]) -> Iterable[str]:
    """Likewise of the secret URL."""
    file = str(path) if "url" in table else table.get("url_file")
    if _is_read_by_all(file):
        key = f"{path}: heartbeat.{'url' if 'url' in table else 'url_file'}"
        yield f"{key}: every user can read the URL in {file}: chmod o= {file}"


def _is_read_by_all(file: Any) -> bool:
    """False when it can't be read; that is said elsewhere."""
    try:
        return isinstance(file, str) and bool(Path(file).stat().st_mode & _READ_BY_ALL)
    except (OSError, ValueError):
        return False


def _bots(
    path: Path, tables: dict[str, Any], parse_secret: Callable[[str], str], problems: Problems
) -> dict[str, str]:
    """Tokens by bot name. A credential is a file in the directory that systemd passes."""
    tokens = {}
    for name, table in tables.items():
        key = f"{path}: bots.{name}"
        if not isinstance(table, dict) or len(table) != 1 or not set(table) <= set(BOT_KEYS):
            problems.add(key, "needs either token_file or token_credential, nothing else")
            continue
        ((kind, value),) = table.items()
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if not isinstance(value, str) or not value:
            problems.add(f"{key}.{kind}", f"must be a string, not {value!r}")
            continue
        if kind == "token_credential" and not folder:
            problems.add(key, "systemd passed no credentials; add LoadCredential= to the unit")
            continue
        file = Path(folder) / value if kind == "token_credential" else Path(value)
        try:
            tokens[name] = parse_secret(one_word(file.read_bytes()))
        except OSError as error:
            problems.add(key, f"{file}: {error.strerror}")
        except (InvalidValue, ValueError) as error:
            problems.add(key, f"{file}: {error}")
    return tokens
