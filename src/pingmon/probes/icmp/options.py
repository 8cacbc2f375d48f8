"""The settings of the probe kind `ping`, as kinds/ping.py declares them. Pure: values in, values out."""

from typing import NamedTuple

from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ProbeOptions
from pingmon.probes.scheduled.source import address_or_none, check_source, check_version
from pingmon.text.printable import shown


class EchoOptions(NamedTuple):
    """payload_size: bytes. accept_from, source: canonical addresses; source may name an interface.

    Both may be empty. accept_from: replies count also when they come from there.
    """

    payload_size: int = 8
    accept_from: str = ""
    source: str = ""


DEFAULT = EchoOptions()


def parse_options(address: str, options: ProbeOptions) -> EchoOptions:
    """address: of the target, canonical. Raises InvalidValue with the setting's name."""
    if not options:
        return DEFAULT
    found = EchoOptions(**dict(options))
    version = 6 if ":" in address else 4
    if found.accept_from:
        other = address_or_none(found.accept_from)
        if other is None:
            raise InvalidValue(
                f"accept_from: {shown(found.accept_from)} is not an IP address", "accept_from"
            )
        check_version(other, version, "accept_from")
        if found.accept_from == address:
            words = "replies from the address itself count anyway; leave accept_from out"
            raise InvalidValue(words, "accept_from")
    check_source(address, found.source)
    return found
