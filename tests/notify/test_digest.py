"""Merging loses nothing, stays within Telegram's limits, and reads well."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.notify.digest import LIMIT, compose
from pingmon.notify.message_text import render
from pingmon.notify.repeated_events import PASSED, Waiting, coalesce

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


KINDS = ("change", "change", "change", "flapping", "steady", "slow", "blind", "operator", "of the future")


@st.composite
def anything_that_waits(draw: st.DrawFn) -> list[Waiting]:
    """Also what should not be: a device that goes down twice, a clock that is set back."""
    waiting: list[Waiting] = []
    for number in range(draw(st.integers(min_value=1, max_value=80))):
        which, kind = draw(st.integers(min_value=0, max_value=3)), draw(st.sampled_from(KINDS))
        at = draw(st.floats(min_value=0, max_value=1e6))
        event = event_of(draw(st.sampled_from(["down", "up"])), f"10.0.0.{which}", "", at)
        event |= {"kind": kind, "until": at + 5} if kind == "blind" else {"kind": kind}
        event |= {"text": draw(st.sampled_from("ab"))} if kind == "operator" else {}
        waiting.append((number, None if kind in ("blind", "operator") else str(which), event))
    return waiting


def compacted(waiting: list[Waiting]) -> list[Waiting]:
    return [(entry.at_row, entry.monitor, entry.event) for entry in coalesce(waiting)]


@given(anything_that_waits(), st.data())
def test_folding_in_any_portions_tells_the_same(waiting: list[Waiting], data: st.DataObject) -> None:
    """The store folds now and then, in between more comes: in the end it reads as if all had waited."""
    cuts = sorted(data.draw(st.lists(st.integers(min_value=0, max_value=len(waiting)), max_size=3)))
    rows: list[Waiting] = []
    for start, end in zip([0, *cuts], [*cuts, len(waiting)], strict=True):
        rows = compacted(rows + waiting[start:end])
    at_once = compacted(waiting)
    assert [(row[0], row[1]) for row in rows] == [(row[0], row[1]) for row in at_once]
    for (_, _, one), (_, _, other) in zip(rows, at_once, strict=True):
        assert one == other | {"seconds": pytest.approx(other["seconds"])} if "seconds" in other else one
    known = [row for row in rows if row[2]["kind"] != "of the future"]
    readable = [row for row in waiting if row[2]["kind"] != "of the future"]
    if readable:
        before = "\n".join(part.text for part in compose(readable, 2e6))
        after = "\n".join(part.text for part in compose(known, 2e6))
        assert before == after


def changes_told(waiting: list[Waiting]) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for _, monitor, event in waiting:
        kind, times = event.get("kind", "change"), event.get("times", 1)
        weight = {"change": times, PASSED: 2 * times}.get(kind, 0)
        counts[monitor] = counts.get(monitor, 0) + weight
    return counts


@given(histories())
def test_folding_keeps_the_number_of_changes_and_the_seconds(waiting: list[Waiting]) -> None:
    rows = compacted(waiting)
    assert changes_told(rows) == changes_told(waiting)
    began: dict[str | None, float] = {}
    seconds = 0.0
    for _, monitor, event in waiting:
        if event["after"] == "down":
            began[monitor] = event["at"]
        elif monitor in began:
            seconds += event["at"] - began.pop(monitor)
    assert sum(row[2].get("seconds", 0.0) for row in rows) == pytest.approx(seconds)
    assert all(sum(row[1] == monitor for row in rows) <= 3 for monitor in began | changes_told(rows))


@given(anything_that_waits())
def test_folding_loses_no_row(waiting: list[Waiting]) -> None:
    entries = coalesce(waiting)
    assert sorted(id for entry in entries for id in entry.ids) == list(range(len(waiting)))
    before, after = changes_told(waiting), changes_told(compacted(waiting))
    assert all(after[monitor] >= before[monitor] for monitor in before)


def test_weeks_without_telegram_are_three_rows_a_device() -> None:
    waiting: list[Waiting] = [(0, "a", event_of("up", "10.0.0.1", "router", 0.0) | {"kind": "change"})]
    for number in range(1, 5000):
        after = "down" if number % 2 else "up"
        event = event_of(after, "10.0.0.1", "router", number * 60.0) | {"kind": "change"}
        waiting.append((number, "a", event))
    rows = compacted(waiting)
    assert [row[2]["kind"] for row in rows] == ["change", PASSED, "change"]
    assert (rows[1][2]["times"], rows[1][2]["seconds"]) == (2499, 2499 * 60.0)
    (part,) = compose(rows, 5000 * 60.0)
    assert "2499 times, for 1 d 17 h in all, the latest 1970-01-04 11:17:00 UTC" in part.text
    assert "router" in compose([rows[1]], 0.0)[0].text


def test_what_is_said_again_is_said_once_with_its_count() -> None:
    slow = event_of("up", "10.0.0.1", "", 60.0) | {"kind": "slow"}
    (part,) = compose([(1, "a", slow), (2, "a", slow | {"at": 120.0})], 121.0)
    assert part.text.endswith("2 times, the latest 1970-01-01 00:02:00 UTC") and part.ids == (1, 2)
    blind = {"kind": "blind", "at": 0.0, "until": 60.0, "decided_at": 60.0}
    (part,) = compose([(1, None, blind), (2, None, blind | {"at": 120.0, "until": 240.0})], 240.0)
    assert "could not see 2 times, for 3 min in all" in part.text


def test_a_smaller_limit_makes_more_messages_and_loses_nothing() -> None:
    waiting: list[Waiting] = [
        (number, str(number), event_of("down", f"10.0.0.{number}", "", 0.0)) for number in range(100)
    ]
    parts = compose(waiting, 1.0, limit=500)
    assert sorted(id for part in parts for id in part.ids) == list(range(100))
    assert all(len(part.text) <= 500 for part in parts) and len(parts) > len(compose(waiting, 1.0))
    assert render(waiting[0][2], 1.0) == compose(waiting[:1], 1.0, limit=10)[0].text


def test_an_outage_that_waits_and_of_which_no_more_is_told_is_one_line() -> None:
    down = event_of("down", "10.0.0.1", "", 1.0)
    closed = down | {"kind": "closed", "at": 5.0, "decided_at": 5.0}
    (part,) = compose([(1, "m", down), (2, "m", closed)], 6.0)
    assert part.ids == (1, 2)
    assert "is down" in part.text and part.text.endswith("not watched any more")
    other = event_of("down", "10.0.0.2", "", 2.0)
    (both,) = compose([(1, "m", down), (2, "m", closed), (3, "n", other)], 6.0)
    assert both.text.count("not watched any more") == 1 and both.ids == (1, 2, 3)
