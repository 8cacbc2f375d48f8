"""Values as people give them become one canonical form, or are refused with a clear line."""

import ipaddress

from pingmon.model.errors import InvalidValue

NAME_MAX = 200


# RFC 6890; of 240/4 the last one is the limited broadcast address.
_NO_DEVICE = tuple(
    (ipaddress.IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "0.0.0.0/8 means this network"),
        ("224.0.0.0/4", "224.0.0.0/4 is multicast"),
        ("240.0.0.0/4", "240.0.0.0/4 is reserved"),
    )
)


def parse_address(text: str) -> str:
    """The canonical spelling of an IPv4 or IPv6 address (RFC 5952), the zone kept as given."""
    if "%25" in text:
        plain = text.replace("%25", "%")
        raise InvalidValue(f"{text!r} is as in a URL; give {plain}", "ip_address")
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise InvalidValue(
            f"{text!r} is not an IP address; give IPv4, IPv6 or fe80::1%eth0", "ip_address"
        ) from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        if address.is_link_local and not address.scope_id:
            raise InvalidValue(
                f"{text} is link-local: say through which interface, as in {text}%eth0",
                "ip_address",
            )
    if isinstance(address, ipaddress.IPv4Address):
        for network, what in _NO_DEVICE:
            if address in network:
                raise InvalidValue(f"{text} is not the address of one device: {what}", "ip_address")
    if address.is_multicast or address.is_unspecified:
        raise InvalidValue(f"{text} is not the address of one device", "ip_address")
    return str(address)


def parse_name(text: str) -> str:
    name = text.strip()
    if len(name) > NAME_MAX or any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise InvalidValue(f"a name is one line of at most {NAME_MAX} characters", "name")
    return name
