"""ICMP echo requests (RFC 792, RFC 4443). How they are sent: probes/icmp/."""

from pingmon.kinds.declaration import ProbeKind

PING = ProbeKind("ping", "ICMP echo requests to an IPv4 or IPv6 address")
