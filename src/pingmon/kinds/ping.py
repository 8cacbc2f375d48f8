"""ICMP echo requests (RFC 792, RFC 4443). How they are sent: probes/icmp/."""

from pingmon.kinds.declaration import ProbeKind, Setting, source, text

PING = ProbeKind(
    "ping",
    "ICMP echo requests to an IPv4 or IPv6 address",
    (
        Setting(
            "payload_size",
            {
                "type": "integer",
                "minimum": 8,
                "maximum": 65507,
                "default": 8,
                "description": "bytes of payload in a request, 8 to 65507; some devices only answer "
                "requests of 32 (as Windows sends) or 56 (as Linux does)",
            },
            "N",
        ),
        Setting(
            "accept_from",
            text("replies count also when they come from this address", default=""),
            "ADDRESS",
            is_address=True,
        ),
        source(),
    ),
)
