"""What follows /add."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.chat.add_words import Wanted, read_wanted
from pingmon.model.errors import InvalidValue

A = "10.0.0.2"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (A, Wanted(A)),
        (f"{A}.", Wanted(A)),
        (f"{A} printer", Wanted(A, "printer")),
        (f"printer {A}", Wanted(A, "printer")),
        (f"ip {A} printer", Wanted(A, "printer")),
        (f"{A} «office printer»", Wanted(A, "office printer")),
        (f"{A} printer every 5s", Wanted(A, "printer", 5)),
        (f"{A} printer every 5 s", Wanted(A, "printer", 5)),
        (f"{A} printer every 5", Wanted(A, "printer", 5)),
        (f"{A} printer EVERY 2 minutes.", Wanted(A, "printer", 120)),
        (f"{A} printer every 5s behind router", Wanted(A, "printer", 5, "router")),
        (f"{A} printer behind main router every 5s", Wanted(A, "printer", 5, "main router")),
        (f"{A} принтер каждые 5с за роутером", Wanted(A, "принтер", 5, "роутером")),
        (f"{A} принтер раз в 10 секунд", Wanted(A, "принтер", 10)),
        (f"{A} принтер каждую минуту", Wanted(A, "принтер", 60)),
        (f"{A} every 5s", Wanted(A, "", 5)),
        ("2001:db8::2 nas", Wanted("2001:db8::2", "nas")),
        ("fe80::1%eth0 nas", Wanted("fe80::1%eth0", "nas")),
        (f"{A} interval=5 parent=router", Wanted(A, "", 5, "router")),
        ("nas.example.org", Wanted("", host="nas.example.org")),
        ("NAS.Example.org. big nas", Wanted("", "big nas", host="nas.example.org")),
        ("big nas nas.example.org every 5s", Wanted("", "big nas", 5, host="nas.example.org")),
        ("host nas big", Wanted("", "big", host="nas")),
        ("хост nas сервер за роутером", Wanted("", "сервер", None, "роутером", "nas")),
        (f"nas.example.org {A}", Wanted(A, "nas.example.org")),
    ],
)
def test_words_in_any_order(text: str, wanted: Wanted) -> None:
    assert read_wanted(text) == wanted


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "ip_address"),
        ("300.1.1.1 printer", "ip_address"),
        ("printer", "ip_address"),
        ("224.0.0.1", "ip_address"),
        (f"{A} every now and then", "interval"),
    ],
)
def test_what_is_wrong_is_said(text: str, field: str) -> None:
    with pytest.raises(InvalidValue) as error:
        read_wanted(text)
    assert error.value.field == field


@given(st.text(max_size=80))
def test_any_text_is_taken_apart(text: str) -> None:
    for some in (text, f"{A} {text}", f"{A} every {text}", f"{A} behind {text}"):
        with suppress(InvalidValue):
            wanted = read_wanted(some)
            assert wanted.address or wanted.host
