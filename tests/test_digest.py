"""Merging loses nothing, stays within Telegram's limits, and reads well."""

import html
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pingmon.notify.digest import LIMIT, Waiting, compose

NAMES = st.one_of(
    st.text(max_size=200),
    st.sampled_from(["", "<b>", "🖨" * 100, "&amp;", "\u202e\u05e9\u05dc\u05d5\u05dd"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Waiting]:
    names = draw(st.lists(NAMES, min_size=1, max_size=30))
    states: dict[int, str] = {}
    waiting: list[Waiting] = []
    for number in range(draw(st.integers(min_value=1, max_value=120))):
        which = draw(st.integers(min_value=0, max_value=len(names) - 1))
        first = draw(st.sampled_from(["down", "up"]))
        states[which] = {"down": "up", "up": "down"}.get(states.get(which, ""), first)
        event = event_of(states[which], f"10.0.0.{which}", names[which], float(number))
        waiting.append((number, str(which), event))
    return waiting


def event_of(after: str, address: str, name: str, at: float) -> dict[str, Any]:
    reason = "no reply" if after == "down" else ""
    times = {"at": at, "decided_at": at, "lasted": 60.0}
    return {"after": after, "address": address, "name": name, "reason": reason} | times


@given(histories())
def test_each_row_is_in_exactly_one_part_and_each_device_is_named(waiting: list[Waiting]) -> None:
    parts = compose(waiting, 1000.0)
    assert sorted(id for part in parts for id in part.ids) == [number for number, _, _ in waiting]
    whole = "\n".join(part.text for part in parts)
    for _, _, event in waiting:
        assert event["address"] in whole and html.escape(event["name"], quote=False) in whole
    for part in parts:
        assert len(part.text.encode("utf-16-le")) // 2 <= LIMIT
        assert part.ids
        tags = re.findall(r"</?[^>]+>", part.text)
        assert set(tags) <= {"<b>", "</b>"} and tags.count("<b>") == tags.count("</b>")


def test_counts_come_first_and_an_outage_that_passed_is_one_line() -> None:
    waiting = [
        (1, "a", event_of("down", "10.0.0.1", "router", 0.0)),
        (2, "b", event_of("down", "10.0.0.2", "", 1.0)),
        (3, "c", event_of("up", "10.0.0.3", "door", 2.0)),
        (4, "a", event_of("up", "10.0.0.1", "router", 90.0)),
    ]
    (part,) = compose(waiting, 91.0)
    lines = part.text.splitlines()
    assert lines[0] == "<b>1 is down, 1 is up again, 1 was down meanwhile</b>"
    assert part.text.count("router") == 1 and "for 1 min 30 s" in part.text
    assert "10.0.0.2 1970-01-01" in part.text


def test_1000_devices_are_a_handful_of_messages() -> None:
    waiting = [
        (number, str(number), event_of("down", f"10.0.{number // 250}.{number % 250}", "", 0.0))
        for number in range(1000)
    ]
    assert len(compose(waiting, 1.0)) <= 12
