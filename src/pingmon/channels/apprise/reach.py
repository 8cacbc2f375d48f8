"""Whether the service of a plugin can be reached, without sending anything: proof that the network works.

Apprise has no question for that. A plugin says its host, or has the URL of its service written down. A
certificate that is valid for the name is proof; without TLS a hotspot's page could be what answers, so
then only an address of a network of our own is.
"""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pingmon.channels.public_addresses import why_not_public

_NOT_ASKED = ("app_url", "service_url", "setup_url", "image_url")  # documentation
_MOST, _TIMEOUT = 2, 3.0  # places that are tried, s for each


class Place(NamedTuple):
    """Where a service is."""

    host: str
    port: int
    is_tls: bool


def is_reachable(plugin: Any) -> bool:
    return any(_answers(one) for one in list(_places(plugin))[:_MOST])


def _places(plugin: Any) -> Iterator[Place]:
    host, port = getattr(plugin, "host", None), getattr(plugin, "port", None)
    if isinstance(host, str) and ("." in host or ":" in host or host == "localhost"):
        is_tls = bool(getattr(plugin, "secure", False))
        yield Place(host, port if isinstance(port, int) else 443 if is_tls else 80, is_tls)
        return
    for name, value in _written_down(type(plugin)).items():
        if name not in _NOT_ASKED and isinstance(value, str) and value.startswith("https://"):
            parts = urlsplit(value)
            if parts.hostname and "{" not in parts.netloc:
                yield Place(parts.hostname, 443, True)


def _written_down(plugin: type) -> dict[str, Any]:
    """Of its class. Not of the object: a property may ask the network."""
    found: dict[str, Any] = {}
    for one in plugin.__mro__:
        if one.__module__.startswith("apprise.plugins"):
            found = dict(vars(one)) | found
    return found


def _answers(place: Place) -> bool:
    try:
        with closing(socket.create_connection((place.host, place.port), _TIMEOUT)) as sock:
            if not place.is_tls:
                return bool(why_not_public(str(sock.getpeername()[0])))
            bundle = os.environ.get("REQUESTS_CA_BUNDLE") or None
            trust = ssl.create_default_context(cafile=bundle)
            with trust.wrap_socket(sock, server_hostname=place.host):
                return True
    except (OSError, UnicodeError):
        return False
