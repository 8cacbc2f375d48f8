"""Spelled differently is the same: one canonical form, which is its own canonical form."""

import ipaddress
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.channels.telegram.token_and_chat import parse_chat, parse_token
from pingmon.model.errors import InvalidValue
from pingmon.model.host_name import host_of_url, is_address, parse_host
from pingmon.model.ip_address import parse_address
from pingmon.model.text_values import parse_name

SAME_ADDRESSES = [
    ("2001:DB8::1", "2001:db8::1", "2001:0db8:0:0:0:0:0:1", " 2001:db8::1\n", "[2001:db8::1]"),
    ("10.0.0.1", "::ffff:10.0.0.1", "::FFFF:A00:1", "\ufeff10.0.0.1 ", "10.0.0.1\u00a0"),
    ("fe80::1%eth0", "FE80::1%eth0", "fe80:0::1%eth0"),
]
SAME_CHATS = [
    (1001, "1001", " 1001", "+1001", "001001", "1001.0", 1001.0, "\ufeff1001\u200b"),
    (-1001234567890, "-1001234567890", "-1001234567890.0", "\u22121001234567890"),
    ("@Name_1", "@name_1", " @NAME_1\t"),
]


@pytest.mark.parametrize("spellings", SAME_ADDRESSES)
def test_an_address_has_one_form(spellings: tuple[str, ...]) -> None:
    assert len({parse_address(one) for one in spellings}) == 1


@pytest.mark.parametrize("spellings", SAME_CHATS)
def test_a_chat_has_one_form(spellings: tuple[str | int | float, ...]) -> None:
    assert len({parse_chat(one) for one in spellings}) == 1


@given(st.ip_addresses())
def test_the_canonical_address_is_its_own(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    try:
        found = parse_address(str(address))
    except InvalidValue:
        return
    assert parse_address(found) == found == parse_address(found.upper())
    if isinstance(address, ipaddress.IPv6Address):
        assert parse_address(address.exploded.upper()) == found


@pytest.mark.parametrize("zone", ["e" * 16, "4294967296", "9" * 15, "9" * 5000, "a b", "\x1b", "\u202e"])
def test_what_can_be_no_interface_is_no_zone(zone: str) -> None:
    with pytest.raises(InvalidValue):
        parse_address(f"fe80::1%{zone}")


SAME_HOSTS = [
    ("nas.example.org", "NAS.Example.ORG", " nas.example.org. \n", "\ufeffnas.example.org"),
    ("xn--bcher-kva.example", "bücher.example", "Bücher.Example.", "XN--BCHER-KVA.example"),
    ("_a-b.local", "_A-B.local"),
]
NO_HOSTS = [
    *("", ".", "a..b", "-a", "a-", "a b", "a/b", "http://nas", "nas:80", "10.1", "1.2.3.4", "[::1]"),
    *("::1", "fe80::1%eth0", "nas.0x7f", "nas.7", "faß.example", "a" * 64, "a." * 127 + "ab", "ä" * 60),
    *("nas\u202e", "nas@home", "*.example.org", "nas\x00", "".join(map(chr, range(0x4E00, 0x9000)))),
]


@pytest.mark.parametrize("spellings", SAME_HOSTS)
def test_a_host_name_has_one_form(spellings: tuple[str, ...]) -> None:
    assert {parse_host(one) for one in spellings} == {spellings[0]}
    assert not is_address(spellings[0])


@pytest.mark.parametrize("text", NO_HOSTS)
def test_what_is_no_host_name_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_host(text)
    assert refused.value.field == "host" and len(str(refused.value)) > 10


@given(st.text(max_size=80))
def test_the_canonical_host_name_is_its_own(text: str) -> None:
    try:
        found = parse_host(text)
    except InvalidValue:
        return
    assert parse_host(found) == found and found.isascii() and not is_address(found)


@pytest.mark.parametrize(
    ("url", "host", "address"),
    [
        ("https://NAS.example.org:8443/a?b#c", "nas.example.org", ""),
        ("http://user:secret@10.0.0.1/", "", "10.0.0.1"),
        ("http://[2001:DB8::1]:80/", "", "2001:db8::1"),
    ],
)
def test_a_url_names_a_host_or_an_address(url: str, host: str, address: str) -> None:
    assert host_of_url(url) == (host, address)


@pytest.mark.parametrize("url", ["", "nas", "http://", "http:///a", "http://[::1", "http://a b/"])
def test_a_url_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        host_of_url(url)
    assert refused.value.field == "url"


@given(st.integers(-(2**63) + 1, 2**63 - 1).filter(bool))
def test_the_canonical_chat_is_its_own(number: int) -> None:
    assert (
        parse_chat(number) == parse_chat(f" {number} ") == parse_chat(parse_chat(number)) == str(number)
    )


@given(st.text(max_size=100))
def test_the_canonical_name_is_its_own(text: str) -> None:
    try:
        found = parse_name(text)
    except InvalidValue:
        return
    assert parse_name(found) == found == parse_name(f" {unicodedata.normalize('NFD', text)} ")


@pytest.mark.parametrize(
    "text", ["\u2060", "\u00ad\u200e", "a\u200b"[1:] + "\u2063", "\U000e0001", "\u0301"]
)
def test_a_name_that_can_not_be_seen_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="nothing of it can be seen"):
        parse_name(text)


@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧", "שלום", "a\u200eb", "🏴\U000e0067\U000e007f"])
def test_joined_and_right_to_left_names_are_taken_as_they_are(text: str) -> None:
    assert parse_name(text) == text


@pytest.mark.parametrize(
    "address",
    [
        *(
            "::ffff:0.0.0.0",
            "::ffff:224.0.0.1",
            "::ffff:255.255.255.255",
            "0.0.0.0",
            "ff02::1",
            "fe80::1",
        ),
        *("fe80::1%a\x1b[31m", "10.0.0.1/24", "10.0.0.01", "\u0661\u0660.0.0.1", "", "x" * 10_000),
        *(
            "010.0.0.1",
            "10.1",
            "167772161",
            "0x0a000001",
            "10.0.0.1:80",
            "\uff11\uff10.0.0.1",
            "10.0.0.1.",
        ),
    ],
)
def test_what_is_not_the_address_of_one_device_is_refused_shortly(address: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_address(address)
    assert caught.value.field == "ip_address" and len(str(caught.value)) < 300
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("chat", ["-1.00123E+12", "1,00123e12", "-1E+12"])
def test_a_number_that_a_spreadsheet_spoiled_is_refused_with_what_happened(chat: str) -> None:
    with pytest.raises(InvalidValue, match=r"shortened by a spreadsheet.*format that column as text"):
        parse_chat(chat)


@pytest.mark.parametrize(
    "chat",
    [
        "",
        "0",
        "-",
        "@a",
        "name",
        "1 001",
        "1,001",
        "1001.5",
        "9" * 19,
        "\u0661\u0660\u0660\u0661",
        "@na me",
    ],
)
def test_what_is_no_chat_is_refused(chat: str) -> None:
    with pytest.raises(InvalidValue, match="is not a chat"):
        parse_chat(chat)


@pytest.mark.parametrize(
    "character", ["\n", "\x1b", "\x85", "\x9b", "\u2028", "\u202e", "\ud800", "\udce9"]
)
def test_a_name_is_printable(character: str) -> None:
    with pytest.raises(InvalidValue, match="printable") as caught:
        parse_name(f"a{character}b")
    assert caught.value.field == "name" and character not in str(caught.value)


def test_a_token_is_read_without_what_is_around_it_and_never_repeated() -> None:
    assert parse_token(" 123:AAA-b_c\r\n") == "123:AAA-b_c"
    with pytest.raises(InvalidValue) as caught:
        parse_token("\u0661\u0662:AAAsecret")
    assert "secret" not in str(caught.value)
