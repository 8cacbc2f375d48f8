"""E-mail addresses become one canonical form, or are refused with a clear line."""

import re
from email.utils import parseaddr
from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import parse_host
from pingmon.model.text_values import bare
from pingmon.text.printable import UNPRINTABLE, shown

FIELD = "email"
LONGEST, LONGEST_LOCAL = 254, 64  # characters (RFC 5321, section 4.5.3.1)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # dot-atom


class Mailbox(NamedTuple):
    """name: for people, empty if there is none. address: canonical."""

    name: str
    address: str


def parse_email(text: str, field: str = FIELD) -> str:
    """The domain in small letters and as IDNA writes it; what is before the @ stays as it is.

    Raises InvalidValue, also for what only servers with SMTPUTF8 (RFC 6531) deliver.
    """
    given = bare(text)
    local, at, domain = given.rpartition("@")
    if "<" in local and domain.endswith(">"):
        raise InvalidValue(f"{shown(text)}: give the address alone, without a name and <>", field)
    if not at or not local or not domain:
        raise InvalidValue(f"{shown(text)} is no e-mail address, as noc@example.org", field)
    if not local.isascii():
        words = "letters before the @ that are not ASCII need SMTPUTF8, which pingmon does not speak"
        raise InvalidValue(f"{shown(text)}: {words}", field)
    if not _LOCAL.fullmatch(local) or len(local) > LONGEST_LOCAL:
        raise InvalidValue(f"{shown(text)} is no e-mail address: what is before the @ can't be", field)
    try:
        host = parse_host(domain, field)
    except InvalidValue as error:
        raise InvalidValue(f"{shown(text)} is no e-mail address: {error}", field) from None
    address = f"{local}@{host}"
    if len(address) > LONGEST:
        raise InvalidValue(f"{shown(text)} is longer than {LONGEST} characters", field)
    return address


def parse_mailbox(text: str, field: str) -> Mailbox:
    """An address, maybe with a name before it. Raises InvalidValue."""
    if UNPRINTABLE.search(text):
        raise InvalidValue(f"{shown(text)} is no e-mail address", field)
    name, address = parseaddr(text)
    return Mailbox(name, parse_email(address or text, field))
