"""Questions to a DNS server (RFC 1035). How they are asked: probes/dns/."""

from pingmon.kinds.declaration import TEXT, ProbeKind, Setting, port, source, text

DNS = ProbeKind(
    "dns",
    "a DNS server, asked for a name: --ip_address or --host is the server",
    (
        Setting(
            "query",
            text("the name that is asked for; with --record PTR an address will do"),
            "NAME",
        ),
        Setting(
            "record",
            {
                "enum": ["A", "AAAA", "MX", "TXT", "NS", "CNAME", "SOA", "PTR", "SRV", "CAA"],
                "default": "A",
                "description": "type of what is asked for",
            },
        ),
        Setting(
            "expect",
            {
                "type": "array",
                "items": TEXT,
                "default": [],
                "description": "what the answer must hold, as 192.0.2.1 or '10 mail.example.org'; "
                "several: all of them, and others may be there",
            },
            "VALUE",
        ),
        port("of the server", default=53),
        Setting(
            "dns_over",
            {
                "enum": ["udp", "tcp"],
                "default": "udp",
                "description": "how it is asked; an answer that is too long for UDP is asked for by TCP",
            },
        ),
        source(),
    ),
    required=("query",),
    defaults={"interval": 30, "timeout": 5},
    label="{target} for {query} {record}",
)
