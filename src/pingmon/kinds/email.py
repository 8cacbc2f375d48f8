"""E-mail (RFC 5322), handed to a mail server (RFC 6409). How it is sent: channels/email/."""

from collections.abc import Mapping

from pingmon.kinds.declaration import ChannelKind, Setting, one_or_several, text

# Where mail servers listen, by how the connection is secured.
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}

EMAIL = ChannelKind(
    "email",
    "mail to an e-mail address, sent through a mail server",
    (Setting("email", one_or_several("e-mail address; several are told alike"), "ADDRESS"),),
    required=("email",),
    section="smtp",
    configuration=(
        Setting("host", text("the mail server that takes our mail", examples=["mail.example.org"])),
        Setting(
            "port",
            {
                "type": "integer",
                "minimum": 0,
                "maximum": 65535,
                "default": 0,
                "description": "where it listens; 0: "
                + ", ".join(f"{port} with {name}" for name, port in PORTS.items()),
            },
        ),
        Setting(
            "security",
            {
                "enum": list(PORTS),
                "default": "starttls",
                "description": "starttls: encrypted after a greeting, tls: from the start, none: not at "
                "all; the server's certificate is checked, and nothing is sent unencrypted instead",
            },
        ),
        Setting("user", text("who we are there, empty: nobody asks", default="", examples=["pingmon"])),
        Setting("password", text("of that user"), is_secret=True),
        Setting(
            "from",
            text(
                "who the mail is from, as pingmon@example.org or Pingmon <pingmon@example.org>",
                examples=["pingmon@example.org"],
            ),
        ),
        Setting("ca_file", text("certificates (PEM) to trust instead of the system's", default="")),
        Setting(
            "timeout",
            {
                "type": "number",
                "minimum": 1,
                "maximum": 120,
                "default": 30,
                "description": "seconds that one mail may take in all",
            },
        ),
    ),
)
