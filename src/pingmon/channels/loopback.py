"""Whether an other side is on this machine: then its answer says nothing of our way out."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """url: with a scheme, or //HOST."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
