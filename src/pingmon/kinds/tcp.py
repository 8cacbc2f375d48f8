"""Connections over TCP (RFC 9293). How they are made: probes/tcp/."""

from pingmon.kinds.declaration import ProbeKind, Setting, flag, port, source

TCP = ProbeKind(
    "tcp",
    "connections to a TCP port; each is closed at once",
    (
        port("that must take connections, 1 to 65535"),
        Setting(
            "closed_is_up",
            flag("a port that refuses connections is a sign of life, too", default=False),
        ),
        source(),
    ),
    required=("port",),
    label="{target} port {port}",
)
