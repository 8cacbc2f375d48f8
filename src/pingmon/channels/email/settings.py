"""The table [smtp] of the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pingmon.channels.email.address import Mailbox, parse_mailbox
from pingmon.channels.loopback import is_loopback
from pingmon.kinds.email import EMAIL, PORTS
from pingmon.model.errors import InvalidValue
from pingmon.text.printable import UNPRINTABLE


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How mail is handed over. sender: who it is from. timeout: seconds that a mail may take in all."""

    host: str
    port: int
    security: str
    sender: Mailbox
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 30.0

    @property
    def url(self) -> str:
        """For words about the network."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"smtp://{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.url)


def smtp_settings(configuration: Mapping[str, Any]) -> SmtpSettings | None:
    """configuration: what channels are made from; None: it has no [smtp]. Raises InvalidValue."""
    table = configuration.get(EMAIL.section)
    if table is None:
        return None
    host, user, password = table["host"].strip().strip("[]"), table["user"], table["password"]
    if not host or UNPRINTABLE.search(host) or any(one.isspace() or one in "/@" for one in host):
        raise InvalidValue("must be the name or the address of a mail server", "host")
    found = SmtpSettings(
        host,
        table["port"] or PORTS[table["security"]],
        table["security"],
        parse_mailbox(table["from"], "from"),
        user,
        password,
        table["ca_file"],
        float(table["timeout"]),
    )
    if bool(user) != bool(password):
        missing = "password_file or password_credential" if user else "user"
        raise InvalidValue(f"{missing} is missing", "password_file" if user else "user")
    if user and found.security == "none" and not found.is_local:
        raise InvalidValue(
            "a password is sent over encrypted connections only: starttls or tls", "security"
        )
    if found.ca_file and not Path(found.ca_file).is_file():
        raise InvalidValue(f"{found.ca_file}: no such file", "ca_file")
    return found
