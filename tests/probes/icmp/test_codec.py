"""The codec: what we build we can read; random bytes never raise."""

from hypothesis import example, given
from hypothesis import strategies as st

from pingmon.probes.icmp.codec import (
    EchoTemplate,
    build_echo,
    describe_error,
    parse_quoted,
    parse_v4,
    parse_v6,
)

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


def test_errors_in_words() -> None:
    assert "unreachable" in describe_error(4, 3, 1)
    assert describe_error(6, 1, 3) == "address unreachable (type 1, code 3)"
