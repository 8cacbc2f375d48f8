"""From where probes leave, as the setting `source` says: an address of this machine, or an interface."""

import ipaddress
import re

from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import is_zone
from pingmon.text.printable import shown

# IFNAMSIZ, dev_valid_name of Linux; what has only digits and dots is an address that was mistyped.
_INTERFACE = re.compile(r"(?![0-9.]+$)[^\s/:]{1,15}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_source(address: str, source: str) -> None:
    """address: of the target, canonical. source: may be empty. Raises InvalidValue."""
    if not source:
        return
    own = address_or_none(source)
    if own is not None:
        check_version(own, 6 if ":" in address else 4, "source")
    elif not _INTERFACE.fullmatch(source):
        words = f"source: {shown(source)} is neither an IP address nor the name of an interface"
        raise InvalidValue(words, "source")


def address_or_none(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def check_version(found: Address, version: int, name: str) -> None:
    """Whether it is of the target's version, and of one machine. Raises InvalidValue."""
    if found.version != version:
        raise InvalidValue(f"{name} must be an IPv{version} address, as the target's is", name)
    if found.is_multicast or found.is_unspecified:
        raise InvalidValue(f"{name}: {found} is not the address of one machine", name)
    zone = found.scope_id if isinstance(found, ipaddress.IPv6Address) else None
    if zone is not None and not is_zone(zone):
        raise InvalidValue(f"{name}: there is no interface {shown(zone)}", name)
    if isinstance(found, ipaddress.IPv6Address) and found.is_link_local and not found.scope_id:
        words = f"{name}: {found} is link-local: say through which interface, as in {found}%eth0"
        raise InvalidValue(words, name)
