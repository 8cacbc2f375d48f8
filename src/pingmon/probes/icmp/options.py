"""The settings of the probe kind `ping`, as kinds/ping.py declares them. Pure: values in, values out."""

import ipaddress
import re
from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ProbeOptions
from pingmon.text.printable import shown

_INTERFACE = re.compile(r"[^\s/:]{1,15}")  # IFNAMSIZ, dev_valid_name of Linux


class EchoOptions(NamedTuple):
    """payload_size: bytes. accept_from, source: canonical addresses; source may name an interface.

    Both may be empty. accept_from: replies count also when they come from there.
    """

    payload_size: int = 8
    accept_from: str = ""
    source: str = ""


DEFAULT = EchoOptions()


def parse_options(address: str, options: ProbeOptions) -> EchoOptions:
    """address: of the target, canonical. Raises InvalidValue with the setting's name."""
    if not options:
        return DEFAULT
    found = EchoOptions(**dict(options))
    version = 6 if ":" in address else 4
    if found.accept_from:
        other = _address(found.accept_from)
        if other is None:
            raise InvalidValue(
                f"accept_from: {shown(found.accept_from)} is not an IP address", "accept_from"
            )
        _check_version(other, version, "accept_from")
        if found.accept_from == address:
            words = "replies from the address itself count anyway; leave accept_from out"
            raise InvalidValue(words, "accept_from")
    if found.source:
        own = _address(found.source)
        if own is not None:
            _check_version(own, version, "source")
        elif not _INTERFACE.fullmatch(found.source) or found.source in (".", ".."):
            words = f"source: {shown(found.source)} is neither an IP address nor the name of an interface"
            raise InvalidValue(words, "source")
    return found


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _check_version(found: ipaddress.IPv4Address | ipaddress.IPv6Address, version: int, name: str) -> None:
    if found.version != version:
        raise InvalidValue(f"{name} must be an IPv{version} address, as the target's is", name)
    if found.is_multicast or found.is_unspecified:
        raise InvalidValue(f"{name}: {found} is not the address of one machine", name)
    if isinstance(found, ipaddress.IPv6Address) and found.is_link_local and not found.scope_id:
        words = f"{name}: {found} is link-local: say through which interface, as in {found}%eth0"
        raise InvalidValue(words, name)
