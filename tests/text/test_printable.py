"""Names of people's languages are printable; what moves the cursor or turns text around is not."""

import pytest

from pingmon.text.printable import why_unprintable

GOOD = (
    "router",
    "Маршрутизатор 1",
    "路由器",
    "נתב",
    "مُوَجِّه",
    "👩‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "1️⃣",
    "e\u0301",
    "a\u200fb",
    "<b>&",
    "\U000e0100",
    "",
)
BAD = {
    "a\nb": "U+000A is a control",
    "\x1b[31m": "U+001B is a control",
    "\x7f": "U+007F is a control",
    "\x9b31m": "U+009B is a control",
    "\x85": "U+0085 is a control",
    "a\u2028b": "U+2028 is a line separator",
    "a\u2029b": "U+2029 is a line separator",
    "a\u202eb": "U+202E is a bidirectional",
    "a\u2066b": "U+2066 is a bidirectional",
    "\ud800": "U+D800 is half",
    "caf\udce9": "0xE9 is a byte that is not UTF-8",
    "\uffff": "U+FFFF is no character",
    "\U0010fffe": "U+10FFFE is no character",
}


@pytest.mark.parametrize("text", GOOD)
def test_text_of_people_is_printable(text: str) -> None:
    assert why_unprintable(text) == ""


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_text_is_named(text: str) -> None:
    assert why_unprintable(text).startswith(BAD[text])
