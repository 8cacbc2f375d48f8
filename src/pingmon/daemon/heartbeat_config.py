"""The table [heartbeat] of the configuration: a secret URL, how often and how it is asked for."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pingmon.daemon.config_schema import HEARTBEAT_SOURCES
from pingmon.daemon.secret_file import credentials, read_secret
from pingmon.engine.heartbeat import HeartbeatSettings


class Found(NamedTuple):
    """problems: key of the table, and words that do not repeat the URL. unchecked: see ConfigFile."""

    settings: HeartbeatSettings | None
    problems: list[tuple[str, str]]
    unchecked: tuple[str, ...] = ()


def read_heartbeat(table: Mapping[str, Any] | None, is_check: bool = False) -> Found:
    """What the table says; None without one. table: as its schema wants it.

    is_check: we may not be passed the service's credentials.
    """
    if table is None:
        return Found(None, [])
    (key,) = set(table) & set(HEARTBEAT_SOURCES)
    if is_check and key == "url_credential" and not credentials():
        return Found(None, [], (f"heartbeat.{key}",))
    try:
        url = _url(key, table[key])
    except ValueError as error:
        return Found(None, [(key, str(error))])
    every, method = float(table.get("every", 60)), table.get("method", "GET")
    return Found(HeartbeatSettings(url, every, method), [])


def _url(key: str, value: str) -> str:
    """Raises ValueError without repeating the URL."""
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
    return read_secret(value, key == "url_credential")
