"""What follows /add: `10.0.0.2 printer every 5s behind router`, in English or Russian."""

import re
from contextlib import suppress
from typing import NamedTuple

from pingmon.chat.typed_text import bare_end, folded
from pingmon.chat.typed_time import read_duration
from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import parse_host
from pingmon.model.ip_address import parse_address
from pingmon.model.when import parse_duration

_EVERY = r"every|each|interval=?|каждые|каждую|каждый|раз в|интервал=?"
_BEHIND = r"behind|parent=?|via|за|через|после"
_KEYWORD = re.compile(rf"(?:^|(?<=\s))({_EVERY}|{_BEHIND})(?:\s+|(?<==))")
_ADDRESS_WORDS = {"ip", "ip:", "ip=", "address", "адрес"}
_HOST_WORDS = {"host", "host:", "хост", "хост:"}


class Wanted(NamedTuple):
    """host: of the device, if no address was typed. address, name: as typed. interval: seconds, None if
    not given. parent: as typed, empty if none.
    """

    address: str
    name: str = ""
    interval: float | None = None
    parent: str = ""
    host: str = ""


def read_wanted(text: str) -> Wanted:
    """Raises InvalidValue."""
    head, values = _parts(text)
    interval = None
    if "interval" in values:
        given = values["interval"]
        amount = read_duration(given) or (
            f"{given}s" if re.fullmatch(r"\d{1,4}(?:\.\d+)?", given) else given
        )
        interval = parse_duration(amount, "interval")
    address, host, name = _target_and_name(head)
    return Wanted(address, name, interval, values.get("parent", ""), host)


def _parts(text: str) -> tuple[str, dict[str, str]]:
    """What is before the first keyword, and what follows each."""
    # Folding may change how long a text is, so letters are folded one by one.
    low = "".join(folded(one)[:1] or one for one in text)
    found = list(_KEYWORD.finditer(low))
    ends = [*(one.start() for one in found[1:]), *([len(text)] if found else [])]
    values = {
        "interval" if re.fullmatch(_EVERY, one[1]) else "parent": bare_end(text[one.end() : end])
        for one, end in zip(found, ends, strict=True)
    }
    return text[: found[0].start()] if found else text, values


def _target_and_name(text: str) -> tuple[str, str, str]:
    """Address, or host name, and name: the first word that is an address; else the one after "host", or
    the first that is a host's name with a dot. The others are the name. Raises InvalidValue.
    """
    words = [one for one in text.split() if folded(one) not in _ADDRESS_WORDS]
    for number, word in enumerate(words):
        with suppress(InvalidValue):
            address = parse_address(bare_end(word.removeprefix("ip=")))
            return address, "", _without(words, number)
    for number, word in enumerate(words):
        if folded(word) in _HOST_WORDS and number + 1 < len(words):
            return "", parse_host(bare_end(words[number + 1])), _without(words, number, number + 1)
        with suppress(InvalidValue):
            if "." in bare_end(word):
                return "", parse_host(bare_end(word)), _without(words, number)
    if not words:
        raise InvalidValue("say which address, as in /add 10.0.0.2 printer", "ip_address")
    parse_address(bare_end(words[0]))  # says what is wrong with it
    return words[0], "", ""


def _without(words: list[str], *numbers: int) -> str:
    left = [one for number, one in enumerate(words) if number not in numbers]
    return bare_end(" ".join(one for one in left if folded(one) not in _HOST_WORDS))
