"""Values as people and programs write them become one canonical form, or are refused in a clear line.

What is stored, compared and shown is this form. It is made here, and of the settings of a kind of channel
in that kind's own parsing.
"""

import ipaddress
import unicodedata

from pingmon.model.errors import InvalidValue
from pingmon.text.printable import why_unprintable

NAME_MAX = 200  # characters
SHOWN = 80  # characters of a wrong value in an error

_AROUND = "\ufeff\u200b"  # marks that come along with what is copied; str.strip() leaves them


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
        if why_unprintable(address.scope_id or "") or " " in (address.scope_id or ""):
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


def parse_name(text: str) -> str:
    """One line of printable text, composed (Unicode NFC): programs spell an accent in two ways."""
    name = unicodedata.normalize("NFC", bare(parse_text(bare(text), "name")))
    if len(name) > NAME_MAX:
        raise InvalidValue(f"a name is one line of at most {NAME_MAX} characters", "name")
    return name


def parse_text(text: str, field: str) -> str:
    """Printable text as it is. Raises InvalidValue, which does not repeat it."""
    if why := why_unprintable(text):
        raise InvalidValue(f"{field} is one line of printable text: {why}", field)
    return text


def shown(text: str) -> str:
    """In an error: quoted, escaped, and not a page long."""
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def bare(text: str) -> str:
    """Without what is around it."""
    return text.strip().strip(_AROUND).strip()
