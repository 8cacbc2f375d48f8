"""Files of any program that says how it encodes are read; those that do not say are refused in words."""

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.text.decoding import NotText, decode, one_word

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
ENDS = ("\n", "\r\n", "\r")
LETTERS = st.characters(exclude_characters="\0\r\n\ufeff", exclude_categories=["Cs"])
LINES = st.lists(st.text(LETTERS), min_size=1)


@given(LINES, st.sampled_from(ENCODINGS), st.sampled_from(ENDS))
def test_lines_are_the_same_in_every_encoding(lines: list[str], encoding: str, end: str) -> None:
    text = "ip_address" + end + end.join(lines)
    assert decode(text.encode(encoding)).split("\n") == ["ip_address", *lines]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf_16_and_32_without_a_mark_is_known_by_its_zeros(encoding: str) -> None:
    assert (
        decode("ip_address;имя\r\n10.0.0.1;дом\r\n".encode(encoding)) == "ip_address;имя\n10.0.0.1;дом\n"
    )


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp866"])
def test_an_eight_bit_code_page_is_refused_with_what_to_do(encoding: str) -> None:
    with pytest.raises(NotText, match=r"line 2: byte 0x.. is not UTF-8.*save it as UTF-8.*iconv"):
        decode("ip_address,name\r\n10.0.0.1,Сервер\r\n".encode(encoding))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b"ip_address\n", mtime=0), "is packed: unpack it first (gunzip)"),
        (lzma.compress(b"ip_address\n"), "(unxz)"),
        (bz2.compress(b"ip_address\n"), "(bunzip2)"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "(unzstd)"),
        (b"SQLite format 3\0" + bytes(100), "SQLite"),
        (b"%PDF-1.4\n\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0", "picture"),
        (b"PK\x03\x04", "export it as CSV"),
        (bytes(100), "no text"),
    ],
)
def test_what_is_no_text_is_called_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(NotText) as raised:
        decode(data)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_files_with_byte_order_marks_that_were_joined_are_read() -> None:
    part = "ip_address\r\n10.0.0.1\r\n".encode("utf-8-sig")
    assert decode(part + part) == "ip_address\n10.0.0.1\n" * 2


def test_half_a_file_of_utf_16_is_refused() -> None:
    with pytest.raises(NotText, match="UTF-16-LE"):
        decode("имя".encode("utf-16")[:-1])


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("around", ["{}", "{}\r\n", " {} \n\n", "\ufeff{}\r"])
def test_one_word_is_read_without_what_is_around_it(encoding: str, around: str) -> None:
    assert one_word(around.format("123:AAA-b_c").encode(encoding)) == "123:AAA-b_c"
