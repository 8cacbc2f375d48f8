"""Options that several commands have. Every option may be spelled with `_` or `-`."""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from pingmon.client.argument_actions import (
    Choices,
    OneOrMore,
    Several,
    YesNo,
    finite_number,
    one_of,
    whole_number,
)
from pingmon.kinds.declaration import Setting

_TYPES = {"integer": whole_number, "number": finite_number}
MONITORS = "id"  # where the monitors that were named are kept
MONITOR = "a monitor: its name, its address or URL, its ID, or the ID's first letters (4 or more)"


def option(parser: Any, name: str, *more: str, **settings: Any) -> Any:
    """Adds an option in both spellings; the first is the one that is shown."""
    names = dict.fromkeys([name, name.replace("_", "-"), *more])
    if settings.get("action") is YesNo:
        names = dict.fromkeys([name])
    if "choices" in settings and "type" not in settings:
        settings["type"] = one_of(settings["choices"])
    return parser.add_argument(*names, **settings)


def monitor_option(parser: argparse.ArgumentParser) -> None:
    """One monitor, as `--id X` or just `X`; see `monitor_of`."""
    parser.add_argument(
        MONITORS, nargs="?", action=Several, default=argparse.SUPPRESS, metavar="MONITOR", help=MONITOR
    )
    option(parser, "--id", action=Several, metavar="MONITOR", help="the same, as an option")


def monitor_of(options: argparse.Namespace) -> str:
    """The one monitor that was named. Exits with USAGE when it is none or more."""
    found = monitors_of(options)
    if len(found) > 1:
        options.refuse(f"one monitor is needed, not {len(found)}: {', '.join(found)}")
    return found[0]


def monitors_of(options: argparse.Namespace) -> list[str]:
    """The monitors that were named. Exits with USAGE when it is none."""
    found: list[str] = list(dict.fromkeys(getattr(options, "id", None) or []))
    if not found or "" in found:
        options.refuse("say which monitor: its name, its address or its ID")
    return found


def examples(parser: argparse.ArgumentParser, *lines: str) -> None:
    """What stands at the end of --help."""
    parser.epilog = "\n  ".join(("examples:", *lines)).replace("%", "%%")


def token_options(parser: Any, what: str = "the bot's token") -> Any:
    token = parser.add_mutually_exclusive_group()
    text = f"{what}; --token_file keeps it out of your shell's history"
    option(token, "--token", help=text)
    text = "file with the token; - is standard input, on a terminal you are asked for it"
    option(token, "--token_file", metavar="FILE", help=text)
    return token


def bot_option(parser: Any) -> None:
    text = "a bot that the daemon's configuration declares"
    option(parser, "--bot", metavar="NAME", help=text)


def listed(names: Sequence[str], between: str = "or") -> str:
    """ "tcp, tls or dns"."""
    *first, last = names
    return f"{', '.join(first)} {between} {last}" if first else last


def setting_options(
    parser: Any, settings: Iterable[Setting], required: Iterable[str] = (), unchanged: bool = False
) -> None:
    """An option for each setting, as its JSON Schema describes it.

    unchanged: what is not given stays as it is, so no default is shown.
    """
    for setting in settings:
        more: dict[str, Any] = {"required": True} if setting.name in required else {}
        name = f"--{setting.name}"
        if setting.schema.get("type") == "array":  # one at a time
            name = "--tag" if setting.name == "tags" else name
            more = {"action": Several, "dest": setting.name} | more
        option(parser, name, help=_help(setting, unchanged), **_kind(setting), **more)


def given(options: argparse.Namespace, settings: Iterable[Setting]) -> dict[str, Any]:
    """The settings that were given on the command line."""
    found = {one.name: getattr(options, one.name, None) for one in settings}
    return {name: value for name, value in found.items() if value is not None}


def _kind(setting: Setting) -> dict[str, Any]:
    """What argparse makes of its value."""
    schema = setting.schema
    if "enum" in schema:
        offered = Choices(one for one in schema["enum"] if one)
        choices = offered if "" in schema["enum"] else tuple(offered)
        return {"choices": choices, "metavar": "|".join(offered)}
    if schema["type"] == "boolean":
        return {"action": YesNo}
    if schema["type"] == "array":
        return {"metavar": setting.metavar}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "array" in types:
        return {"action": OneOrMore, "metavar": setting.metavar or None}
    kind = next((_TYPES[one] for one in types if one in _TYPES and "string" not in types), str)
    return {"type": kind, "metavar": setting.metavar or None}


def _help(setting: Setting, unchanged: bool) -> str:
    text, default = setting.schema.get("description", ""), setting.schema.get("default")
    if setting.schema.get("type") == "boolean":
        text += f"; --no_{setting.name}: not so"
        default = None if default is False else "yes"
    shown = "" if unchanged or default in (None, "", False, []) else f" (default {default})"
    return f"{text}{shown}".replace("%", "%%")
