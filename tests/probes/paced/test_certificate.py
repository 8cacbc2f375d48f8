"""The end of a certificate, read from its bytes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.probes.paced.certificate import ends


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def certificate(tag: int, end: str, has_version: bool = True) -> bytes:
    """As much of one as is read."""
    version = element(0xA0, element(2, b"\2")) if has_version else b""
    validity = element(0x30, element(0x17, b"200101000000Z") + element(tag, end.encode()))
    tbs = version + element(2, b"\1") + element(0x30, b"x" * 300) + element(0x30, b"") + validity
    return element(0x30, element(0x30, tbs + element(0x30, b"key")) + element(0x30, b"signature"))


@pytest.mark.parametrize(
    ("tag", "text", "year"),
    [(0x17, "490102030405Z", 2049), (0x17, "500102030405Z", 1950), (0x18, "20500102030405Z", 2050)],
)
@pytest.mark.parametrize("has_version", [True, False])
def test_both_forms_of_times(tag: int, text: str, year: int, has_version: bool) -> None:
    end = datetime(year, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    assert ends(certificate(tag, text, has_version)) == end


@pytest.mark.parametrize(
    "text", ["", "490102030405", "491302030405Z", "4901020304+5Z", "4901020304+0100"]
)
def test_what_is_no_time_is_not_known(text: str) -> None:
    assert ends(certificate(0x17, text)) is None


@given(st.binary(max_size=60))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    ends(data)
    ends(b"\x30\x40" + data)
    ends(certificate(0x17, "490102030405Z")[: len(data)] + data)
