"""What follows /add: `10.0.0.2 printer every 5s behind router`, or the same in Russian."""

import re
from typing import NamedTuple

from pingmon.chat.typed_text import bare_end, folded
from pingmon.chat.typed_time import read_duration
from pingmon.model.errors import InvalidValue
from pingmon.model.ip_address import parse_address
from pingmon.model.when import parse_duration

_EVERY = r"every|each|interval=?|каждые|каждую|каждый|раз в|интервал=?"
_BEHIND = r"behind|parent=?|via|за|через|после"
_KEYWORD = re.compile(rf"(?:^|(?<=\s))({_EVERY}|{_BEHIND})(?:\s+|(?<==))")
_ADDRESS_WORDS = {"ip", "ip:", "ip=", "address", "адрес", "host", "хост"}


class Wanted(NamedTuple):
    """address, name: as typed. interval: seconds, None if not given. parent: as typed, empty if none."""

    address: str
    name: str = ""
    interval: float | None = None
    parent: str = ""


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
    address, name = _address_and_name(head)
    return Wanted(address, name, interval, values.get("parent", ""))


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


def _address_and_name(text: str) -> tuple[str, str]:
    """The first word that is an address; the others are the name. The first word if none is."""
    words = [one for one in text.split() if folded(one) not in _ADDRESS_WORDS]
    for number, word in enumerate(words):
        try:
            address = parse_address(bare_end(word.removeprefix("ip=")))
        except InvalidValue:
            continue
        return address, bare_end(" ".join(words[:number] + words[number + 1 :]))
    if not words:
        raise InvalidValue("say which address, as in /add 10.0.0.2 printer", "ip_address")
    parse_address(bare_end(words[0]))  # says what is wrong with it
    return words[0], ""
