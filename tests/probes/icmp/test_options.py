"""The settings of the kind `ping`: their defaults, and what is refused."""

import pytest

from pingmon.kinds.ping import PING
from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import probe_options_from
from pingmon.probes.icmp.codec import NONCE_BYTES
from pingmon.probes.icmp.options import DEFAULT, EchoOptions, parse_options


def test_what_is_declared_is_what_a_target_has() -> None:
    declared = {one.name: one.schema["default"] for one in PING.settings}
    assert EchoOptions(**declared) == DEFAULT == parse_options("10.0.0.1", ())
    assert PING.settings[0].schema["minimum"] == DEFAULT.payload_size == NONCE_BYTES


@pytest.mark.parametrize(
    ("address", "name", "value"),
    [
        ("10.0.0.1", "accept_from", "10.0.0.7"),
        ("fd00::1", "accept_from", "fe80::7%eth0"),
        ("10.0.0.1", "source", "10.0.0.2"),
        ("10.0.0.1", "source", "eth0.100"),
        ("fd00::1", "source", "fe80::1%eth0"),
        ("fd00::1", "source", "wg-office_1"),
    ],
)
def test_addresses_and_interfaces_are_taken(address: str, name: str, value: str) -> None:
    assert getattr(parse_options(address, probe_options_from({name: value})), name) == value


@pytest.mark.parametrize(
    ("address", "name", "value", "words"),
    [
        ("10.0.0.1", "accept_from", "eth0", "not an IP address"),
        ("10.0.0.1", "accept_from", "fd00::7", "must be an IPv4 address"),
        ("fd00::1", "accept_from", "10.0.0.7", "must be an IPv6 address"),
        ("10.0.0.1", "accept_from", "10.0.0.1", "count anyway"),
        ("10.0.0.1", "accept_from", "224.0.0.1", "not the address of one machine"),
        ("fd00::1", "accept_from", "fe80::7", "through which interface"),
        ("10.0.0.1", "source", "fd00::2", "must be an IPv4 address"),
        ("10.0.0.1", "source", "0.0.0.0", "not the address of one machine"),
        ("fd00::1", "source", "fe80::1", "through which interface"),
        ("10.0.0.1", "source", "an interface", "neither an IP address nor"),
        ("10.0.0.1", "source", "sixteen-letters-", "neither an IP address nor"),
        ("10.0.0.1", "source", "../eth0", "neither an IP address nor"),
        ("10.0.0.1", "source", "10.0.0.300:1", "neither an IP address nor"),
        ("10.0.0.1", "source", "10.0.0.300", "neither an IP address nor"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_its_name(
    address: str, name: str, value: str, words: str
) -> None:
    with pytest.raises(InvalidValue, match=words) as caught:
        parse_options(address, probe_options_from({name: value}))
    assert caught.value.field == name
