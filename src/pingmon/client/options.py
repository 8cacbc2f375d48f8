"""Options that several commands have. Every option may be spelled with `_` or `-`."""

import argparse
from collections.abc import Iterable
from typing import Any

from pingmon.kinds.declaration import Setting

_TYPES = {"integer": int, "number": float}


def option(parser: Any, name: str, *more: str, **settings: Any) -> None:
    names = dict.fromkeys([name, name.replace("_", "-"), *more])
    parser.add_argument(*names, **settings)


def id_option(parser: argparse.ArgumentParser) -> None:
    text = "the monitor's ID, or its first letters (4 or more)"
    action = parser.add_argument("--id", required=True, help=text)
    # For shtab, which makes the completion when the package is built.
    action.complete = {"bash": "_pingmon_ids", "zsh": "_pingmon_ids"}  # type: ignore[attr-defined]


def token_options(parser: argparse.ArgumentParser) -> Any:
    token = parser.add_mutually_exclusive_group()
    text = "the bot's token; --token_file keeps it out of your shell's history"
    option(token, "--token", help=text)
    option(token, "--token_file", metavar="FILE", help="file with the token, - for stdin")
    return token


def bot_option(parser: Any) -> None:
    text = "a bot that the daemon's configuration declares"
    option(parser, "--bot", metavar="NAME", help=text)


def setting_options(parser: Any, settings: Iterable[Setting], required: Iterable[str] = ()) -> None:
    """An option for each setting, as its JSON Schema describes it."""
    for setting in settings:
        more: dict[str, Any] = {"required": True} if setting.name in required else {}
        option(parser, f"--{setting.name}", help=_help(setting), **_kind(setting), **more)


def given(options: argparse.Namespace, settings: Iterable[Setting]) -> dict[str, Any]:
    """The settings that were given on the command line."""
    found = {one.name: getattr(options, one.name, None) for one in settings}
    return {name: value for name, value in found.items() if value is not None}


def _kind(setting: Setting) -> dict[str, Any]:
    """What argparse makes of its value."""
    schema = setting.schema
    if "enum" in schema:
        return {"choices": tuple(one for one in schema["enum"] if one)}
    if schema["type"] == "boolean":
        return {"action": argparse.BooleanOptionalAction}
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = next((_TYPES[one] for one in types if one in _TYPES and "string" not in types), str)
    return {"type": kind, "metavar": setting.metavar or None}


def _help(setting: Setting) -> str:
    text, default = setting.schema.get("description", ""), setting.schema.get("default")
    shown = "" if default in (None, "", False) else f" (default {default})"
    return f"{text}{shown}".replace("%", "%%")
