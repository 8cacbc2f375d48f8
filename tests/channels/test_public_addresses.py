"""What a URL that people give may lead to."""

import socket

import pytest

from pingmon.channels.dial import dial
from pingmon.channels.public_addresses import ForbiddenAddress, why_not_public
from tests.support.raw_server import RawServer, answering

PUBLIC = (
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:830::200e",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
)
NOT_PUBLIC = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "::ffff:0.0.0.0",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd00:1::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "example.com",
    "",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_internet_is_allowed(address: str) -> None:
    assert why_not_public(address) == ""


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_only_this_machine_reaches_is_refused_with_words(address: str) -> None:
    assert why_not_public(address)


@pytest.mark.parametrize(
    "name",
    ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "::ffff:7f00:1"],
)
def test_no_spelling_of_this_machine_is_connected_to(name: str) -> None:
    with RawServer(answering(b"")) as server:
        with pytest.raises(ForbiddenAddress, match="this machine"):
            dial(name, server.port, 2.0, why_not_public)
        assert server.requests == [] and server.closed == 0


def test_of_a_name_with_both_only_the_public_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a name server may answer that wants us to talk to ourselves."""
    tried = []

    def resolve(host: str, port: int, *_: object) -> list[object]:
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*stream, (one, port)) for one in ("127.0.0.1", "1.1.1.1")]

    def begin(address: tuple[object, tuple[str, int]]) -> socket.socket:
        tried.append(address[1][0])
        raise OSError(101, "unreachable")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("pingmon.channels.dial._begin", begin)
    with pytest.raises(OSError, match="unreachable"):
        dial("both.example", 80, 2.0, why_not_public)
    assert tried == ["1.1.1.1"]
