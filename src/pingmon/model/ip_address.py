"""IP addresses as people write them: one canonical spelling (RFC 5952), or a refusal that says why."""

import ipaddress

from pingmon.model.errors import InvalidValue
from pingmon.model.text_values import bare
from pingmon.text.printable import shortened, shown, why_unprintable

# RFC 6890; of 240/4 the last one is the limited broadcast address.
_NO_DEVICE = tuple(
    (ipaddress.IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "0.0.0.0/8 means this network"),
        ("224.0.0.0/4", "224.0.0.0/4 is multicast"),
        ("240.0.0.0/4", "240.0.0.0/4 is reserved"),
    )
)


_LONGEST_ZONE, _MOST_ZONE = 15, 2**31 - 1  # characters of an interface (IFNAMSIZ), an interface's number


def is_zone(text: str) -> bool:
    """Whether it could be what follows % in an address: an interface, or its number."""
    if not text or len(text) > _LONGEST_ZONE or why_unprintable(text) or " " in text:
        return False
    return not text.isdecimal() or int(text) <= _MOST_ZONE


def parse_address(text: str) -> str:
    """The canonical spelling of an IPv4 or IPv6 address (RFC 5952), the zone kept as given."""
    if "%25" in text:
        plain = text.replace("%25", "%")
        raise InvalidValue(f"{shown(text)} is as in a URL; give {shortened(plain)}", "ip_address")
    address_text = bare(text)
    if address_text.startswith("[") and address_text.endswith("]"):  # as in URLs
        address_text = address_text[1:-1]
    try:
        address = ipaddress.ip_address(address_text)
    except ValueError:
        raise InvalidValue(
            f"{shown(text)} is not an IP address; give IPv4, IPv6 or fe80::1%eth0", "ip_address"
        ) from None
    if isinstance(address, ipaddress.IPv6Address):
        if not is_zone(address.scope_id or "-"):
            raise InvalidValue(f"{shown(text)} is not an IP address: no such interface", "ip_address")
        if address.is_link_local and not address.scope_id:
            raise InvalidValue(
                f"{text} is link-local: say through which interface, as in {text}%eth0",
                "ip_address",
            )
        address = address.ipv4_mapped or address
    if isinstance(address, ipaddress.IPv4Address):
        for network, what in _NO_DEVICE:
            if address in network:
                raise InvalidValue(f"{text} is not the address of one device: {what}", "ip_address")
    if address.is_multicast or address.is_unspecified:
        raise InvalidValue(f"{text} is not the address of one device", "ip_address")
    return str(address)
