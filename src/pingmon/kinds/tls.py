"""Handshakes of TLS (RFC 8446). How they are made: probes/tls.py."""

from pingmon.kinds.declaration import ProbeKind, Setting, ca_file, cert_days, port, source, text

TLS = ProbeKind(
    "tls",
    "handshakes of TLS, with a certificate that is valid",
    (
        port("where TLS is spoken, 1 to 65535", default=443),
        Setting(
            "server_name",
            text(
                "whom the certificate must be for, and who is asked for (SNI): a host or an address; "
                "default: the host's name that is watched, else its address",
                default="",
            ),
            "NAME",
        ),
        ca_file(),
        cert_days(),
        source(),
    ),
    label="{target} port {port}, TLS",
    name_setting="server_name",
)
