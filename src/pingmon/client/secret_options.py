"""Secrets that monitors of some kinds have: from files, from standard input, or given as they are.

The client reads the file: pingmond would send whatever file somebody names, readable to it alone, to a
server that the same person names.
"""

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from pingmon.client.connection import Refused
from pingmon.client.options import option
from pingmon.kinds.declaration import Setting
from pingmon.text.decoding import NotText, decode, read_setting
from pingmon.text.printable import shortened

STDIN = "-"


def secret_file_options(parser: Any, settings: Iterable[Setting]) -> None:
    for one in settings:
        if one.is_secret:
            what = "a line each" if _is_list(one) else "one line"
            text = f"file with --{one.name}, {what}, which other users can't see; - is standard input"
            option(parser, f"--{one.name}_file", metavar="FILE", help=text)


def secrets_given(options: argparse.Namespace, settings: Iterable[Setting]) -> dict[str, Any]:
    """By name; those of the command line disappear from it. Raises Refused. Exits with USAGE."""
    found = dict[str, Any]()
    for one in (its for its in settings if its.is_secret):
        value, path = getattr(options, one.name), getattr(options, f"{one.name}_file")
        hide_secrets(value)
        if path is not None:
            if value is not None and not _is_list(one):
                options.refuse(f"--{one.name} excludes --{one.name}_file")
            lines = _lines(path, one.name)
            if not _is_list(one) and len(lines) != 1:
                raise Refused(f"can't read {one.name}: one line is needed, not {len(lines)}")
            before = value if isinstance(value, list) else [value] if value is not None else []
            value = [*before, *lines] if _is_list(one) else lines[0]
        if value is not None:
            found[one.name] = value
    return found


def hide_secrets(given: Any) -> None:
    """given: the value of an option, None if there is none, a list if it may be given several times."""
    if given is not None:
        from pingmon.client.hide_argument import hide_argument  # ctypes is slow to import

        for text in given if isinstance(given, list) else [given]:
            hide_argument(text)


def _is_list(one: Setting) -> bool:
    return "array" in one.schema.get("type", "")


def _lines(path: str, what: str) -> list[str]:
    name = "standard input" if path == STDIN else shortened(path, 255)
    try:
        text = decode(sys.stdin.buffer.read(1 << 20) if path == STDIN else read_setting(path))
    except OSError as error:
        raise Refused(f"can't read {what}: {error.strerror}: {name}") from None
    except NotText as error:
        raise Refused(f"can't read {what}: {name}: {error}") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise Refused(f"can't read {what}: {name} is empty")
    return lines
