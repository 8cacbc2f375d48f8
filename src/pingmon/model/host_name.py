"""Names of hosts as people write them: one canonical spelling, or a refusal that says why."""

import ipaddress
import re
from urllib.parse import urlsplit

from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import parse_address
from pingmon.model.text_values import bare
from pingmon.text.printable import shown, why_unprintable

FAMILIES = ("any", "4", "6")  # versions of IP of which a name's addresses are wanted
LONGEST, LONGEST_LABEL = 253, 63  # characters of a name, of what is between two dots (RFC 1035)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")  # RFC 1123; "_" is not for hosts, but used
# IDNA 2008 makes other names of these than the older one that Python knows (RFC 5894, section 7.2).
_DEVIATIONS = re.compile("[ßς\u200c\u200d]")


def parse_host(text: str, field: str = "host") -> str:
    """The canonical spelling: IDNA ("xn--…"), in small letters, without a dot at the end.

    Raises InvalidValue, also for what is an address, or is read as one by the system's resolver.
    """
    name = bare(text)
    if not name:
        raise InvalidValue(f"{field} is empty", field)
    if why := why_unprintable(name):
        raise InvalidValue(f"{field} is a host's name: {why}", field)
    if _is_address(name):
        raise InvalidValue(f"{shown(text)} is an address: give it as ip_address", field)
    if "://" in name or "/" in name:
        raise InvalidValue(f"{shown(text)} is no host's name: give it without https:// and /", field)
    if len(name) > LONGEST + 1:  # Python's IDNA takes time with the square of it
        raise InvalidValue(f"{shown(text)} is no host's name: more than {LONGEST} characters", field)
    if _DEVIATIONS.search(name):
        raise InvalidValue(f"{shown(text)}: give its form in ASCII, which begins with xn--", field)
    try:
        name = name.encode("idna").decode().lower() if not name.isascii() else name.lower()
    except UnicodeError:
        raise InvalidValue(f"{shown(text)} is no host's name", field) from None
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > LONGEST or any(len(one) > LONGEST_LABEL for one in labels):
        words = f"more than {LONGEST} characters, or than {LONGEST_LABEL} between two dots"
        raise InvalidValue(f"{shown(text)} is no host's name: {words}", field)
    if not all(_LABEL.fullmatch(one) for one in labels):
        words = "letters, digits, - and dots, as in nas.example.org"
        raise InvalidValue(f"{shown(text)} is no host's name, which is {words}", field)
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):  # inet_aton(3) makes an address of it
        raise InvalidValue(f"{shown(text)} is no host's name, nor a whole IP address", field)
    return name


def host_of_url(text: str, field: str = "url") -> tuple[str, str]:
    """The host that a URL names: its name and an empty text, or an empty text and its address.

    Raises InvalidValue.
    """
    try:
        found = urlsplit(bare(text)).hostname or ""
    except ValueError:
        found = ""
    if not found:
        raise InvalidValue(f"{field} names no host, as https://nas.example.org/ does", field)
    try:
        if _is_address(found):
            return "", parse_address(found)
        return parse_host(found, field), ""
    except InvalidValue as error:
        raise InvalidValue(str(error), field) from None


def is_address(text: str) -> bool:
    """Of what `parse_address` or `parse_host` gave: whether it is an address."""
    return ":" in text or text.rpartition(".")[2].isdigit()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
