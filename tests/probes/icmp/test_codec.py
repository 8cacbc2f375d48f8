"""The codec: what we build we can read; random bytes never raise."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pingmon.probes.icmp.batch_socket import Packet
from pingmon.probes.icmp.codec import (
    EchoTemplate,
    build_echo,
    describe_error,
    parse_quoted,
    parse_v4,
    parse_v6,
    quoted_destination,
)
from pingmon.probes.icmp.icmp_socket import IcmpSocket
from tests.support.packets import checksum

IP_HEADER = bytes([0x45]) + bytes(8) + b"\x01" + bytes(10)
WORD = st.integers(min_value=0, max_value=0xFFFF)
NONCE = st.binary(min_size=8, max_size=8)


@given(WORD, WORD, NONCE)
def test_a_reply_carries_what_was_sent(identifier: int, sequence: int, nonce: bytes) -> None:
    reply = b"\0" + build_echo(4, identifier, sequence, nonce)[1:]
    for parsed in (parse_v4(IP_HEADER + reply), parse_v4(reply, has_ip_header=False)):
        assert parsed == (identifier, sequence, nonce, None)
    assert parse_v6(b"\x81" + reply[1:]) == (identifier, sequence, nonce, None)


@given(NONCE, st.lists(st.tuples(WORD, WORD), min_size=1), st.sampled_from([4, 6]))
def test_a_template_gives_what_pythonping_builds(
    nonce: bytes, which: list[tuple[int, int]], version: int
) -> None:
    template = EchoTemplate(version, nonce)
    for identifier, sequence in which:
        built = build_echo(version, identifier, sequence, nonce)
        patched = bytes(template.packet(identifier, sequence))
        assert patched[:2] + patched[4:] == built[:2] + built[4:]
        both = {patched[2:4], built[2:4]}  # 0 and 0xFFFF are the same in one's complement
        assert len(both) == 1 or both == {b"\0\0", b"\xff\xff"}


@given(WORD, WORD, NONCE)
def test_an_error_is_matched_to_the_probe_that_it_quotes(
    identifier: int, sequence: int, nonce: bytes
) -> None:
    request = build_echo(4, identifier, sequence, nonce)
    error = IP_HEADER + bytes([3, 1]) + bytes(6) + IP_HEADER + request
    assert parse_v4(error) == (identifier, sequence, nonce, (3, 1))
    short = error[: -len(nonce)]  # RFC 792 promises only 8 bytes of the request
    assert parse_v4(short) == (identifier, sequence, b"", (3, 1))


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x45")
@example(b"\x4f" + bytes(40))
def test_random_bytes_never_raise(data: bytes) -> None:
    parse_v4(data)
    parse_v4(data, has_ip_header=False)
    parse_v6(data)
    parse_quoted(data, 3, 1)


ICMP_ERRORS = st.tuples(st.sampled_from([1, 2, 3, 4, 5, 11, 12, 129, 0, 8, 128]), st.integers(0, 255))


@given(
    st.integers(0, 255),
    st.binary(max_size=60),
    ICMP_ERRORS,
    st.binary(min_size=6, max_size=6),
    st.integers(0, 255),
    st.binary(max_size=1500),
    st.integers(0, 1600),
)
def test_nothing_that_looks_like_an_answer_raises(
    first: int,
    header: bytes,
    error: tuple[int, int],
    rest: bytes,
    inner: int,
    quoted: bytes,
    cut: int,
) -> None:
    """Headers whose lengths lie, errors that quote anything, all of it cut off anywhere."""
    message = bytes(error) + rest + bytes([inner]) + quoted
    for data in (message, bytes([first]) + header + message, IP_HEADER + message):
        data = data[:cut]
        for parsed in (parse_v4(data), parse_v4(data, has_ip_header=False), parse_v6(data)):
            assert parsed is None or len(parsed.nonce) <= 8
        for version in (4, 6):
            assert len(quoted_destination(version, data)) in range(17)
            assert describe_error(version, *error)


@given(st.binary(max_size=300), st.booleans())
def test_nothing_that_a_socket_receives_raises(data: bytes, as_reply: bool) -> None:
    for version in (4, 6):
        try:
            icmp = IcmpSocket(version)
        except PermissionError:
            pytest.skip("needs a raw or datagram ICMP socket")
        try:
            prefix = IP_HEADER if version == 4 and icmp.raw else b""
            whole = prefix + (b"\0\0" if version == 4 else b"\x81\0") + data if as_reply else data
            icmp._parse(Packet(memoryview(whole), bytes(4 if version == 4 else 16), 0, 0))
        finally:
            icmp.close()


def test_source_quench_is_ignored() -> None:
    """RFC 6633: it says nothing about the device."""
    quench = IP_HEADER + bytes([4, 0]) + bytes(6) + IP_HEADER + build_echo(4, 1, 2, bytes(8))
    assert parse_v4(quench) is None


@given(NONCE, st.integers(8, 3000), st.sampled_from([4, 6]))
def test_a_larger_payload_begins_with_the_nonce_and_has_the_right_sum(
    nonce: bytes, size: int, version: int
) -> None:
    packet = EchoTemplate(version, nonce, size).packet(4711, 3)
    assert len(packet) == 8 + size and packet[8:16] == nonce
    assert packet[16:] == bytes(one % 256 for one in range(8, size))
    assert checksum(packet) in (0, 0xFFFF)


def test_errors_in_words() -> None:
    assert describe_error(4, 11, 0) == "time to live exceeded in transit (type 11, code 0)"
    assert "unreachable" in describe_error(4, 3, 1)
    assert describe_error(6, 1, 3) == "address unreachable (type 1, code 3)"
