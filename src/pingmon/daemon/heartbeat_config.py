"""The table [heartbeat] of the configuration: a secret URL, how often and how it is asked for."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pingmon.engine.heartbeat import METHODS, HeartbeatSettings
from pingmon.text.decoding import one_word

SOURCES = ("url", "url_file", "url_credential")
KEYS = (*SOURCES, "every", "method")
EVERY_LEAST, EVERY_MOST = 10.0, 86400.0  # s
NOT_PASSED = "systemd passed no credentials; add LoadCredential= to the unit"


class Found(NamedTuple):
    """problems: key of the table, and words that do not repeat the URL. unchecked: see ConfigFile."""

    settings: HeartbeatSettings | None
    problems: list[tuple[str, str]]
    unchecked: tuple[str, ...] = ()


def read_heartbeat(table: Mapping[str, Any] | None, is_check: bool = False) -> Found:
    """What the table says; None without one. is_check: we may not be passed the service's credentials."""
    if table is None:
        return Found(None, [])
    problems = [(key, "no such setting; known: " + ", ".join(KEYS)) for key in table if key not in KEYS]
    every, method = table.get("every", 60), table.get("method", "GET")
    is_number = isinstance(every, int | float) and not isinstance(every, bool)
    if not is_number or not EVERY_LEAST <= every <= EVERY_MOST:
        problems.append(("every", f"must be {EVERY_LEAST:g} to {EVERY_MOST:g} seconds"))
    if method not in METHODS:
        problems.append(("method", f"must be one of {', '.join(METHODS)}"))
    sources = [key for key in SOURCES if key in table]
    if len(sources) != 1:
        problems.append(("", f"needs one of {', '.join(SOURCES)}"))
        return Found(None, problems)
    (key,) = sources
    if is_check and key == "url_credential" and not os.environ.get("CREDENTIALS_DIRECTORY"):
        return Found(None, problems, (f"heartbeat.{key}",))
    try:
        url = _url(key, table[key])
    except ValueError as error:
        problems.append((key, str(error)))
    return Found(None if problems else HeartbeatSettings(url, float(every), method), problems)


def _url(key: str, value: Any) -> str:
    """Raises ValueError without repeating the URL."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a string")
    url = value if key == "url" else _from_file(key, value)
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its port or its brackets
        is_url = False
    if not is_url or not url.isprintable() or " " in url:
        raise ValueError("is no URL that starts with http:// or https://")
    return url


def _from_file(key: str, value: str) -> str:
    """Raises ValueError."""
    if "://" in value:
        raise ValueError("is a URL; that is the setting url")
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if key == "url_credential" and not folder:
        raise ValueError(NOT_PASSED)
    file = Path(folder) / value if key == "url_credential" else Path(value)
    try:
        return one_word(file.read_bytes())
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
