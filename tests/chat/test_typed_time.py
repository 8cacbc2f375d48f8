"""Durations and times as people type them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.chat.commands.remind import read_times
from pingmon.chat.typed_time import read_duration, read_lasts, read_moment, splits
from pingmon.model.when import format_duration, parse_duration, parse_when


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200), ("2ч", 7200), ("2 часа", 7200), ("2 ЧАСА", 7200), ("час", 3600), ("полчаса", 1800),
        ("полтора часа", 5400), ("30 минут", 1800), ("30мин", 1800), ("1,5 часа", 5400), ("1.5h", 5400),
        ("an hour", 3600), ("2 hours", 7200), ("1d 3h", 97200), ("1h30m", 5400), ("1 ч 30 м", 5400),
        ("1 день и 2 часа", 93600), ("2 days and 1 hour", 176400), ("неделю", 604800), 
        ("2 недели", 1209600),
        ("5с", 5), ("5 секунд", 5), ("3 дня", 259200), ("5 суток", 432000), ("2h.", 7200), ("2h!", 7200),
    ],
)  # fmt: skip
def test_a_duration_in_both_languages(text: str, seconds: float) -> None:
    assert parse_duration(read_duration(text)) == seconds


@pytest.mark.parametrize("text", ["", "printer", "2", "h", "2x", "2 принтера", "10.0.0.2", "час пик"])
def test_other_words_are_no_duration(text: str) -> None:
    assert read_duration(text) == ""


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("2h", {"for": "2h"}),
        ("for 2 hours", {"for": "2h"}),
        ("на 2 часа", {"for": "2h"}),
        ("на полчаса", {"for": "30m"}),
        ("until 18:00", {"until": "18:00"}),
        ("till 8", {"until": "08:00"}),
        ("до 18:00", {"until": "18:00"}),
        ("до 8 утра", {"until": "08:00"}),
        ("до 8 вечера", {"until": "20:00"}),
        ("18:30", {"until": "18:30"}),
        ("8 pm", {"until": "20:00"}),
        ("tomorrow 8:00", {"until": "tomorrow 08:00"}),
        ("до завтра", {"until": "tomorrow 00:00"}),
        ("до завтра в 9", {"until": "tomorrow 09:00"}),
        ("until monday 8:00", {"until": "mon 08:00"}),
        ("до понедельника 8:00", {"until": "mon 08:00"}),
        ("до пятницы", {"until": "fri 00:00"}),
        ("until 2026-12-01", {"until": "2026-12-01"}),
        ("until up", {"until_up": True}),
        ("пока не поднимется", {"until_up": True}),
        ("forever", {"indefinitely": True}),
        ("навсегда.", {"indefinitely": True}),
        ("printer", {}),
        ("until printer", {}),
        ("", {}),
    ],
)
def test_how_long_something_lasts(text: str, lasts: dict[str, Any]) -> None:
    assert read_lasts(text) == lasts


def test_a_time_may_stand_at_either_end() -> None:
    assert next(iter(splits("office printer 2 hours"))) == ("office printer", {"for": "2h"})
    assert next(iter(splits("на 2 часа принтер"))) == ("принтер", {"for": "2h"})
    assert list(splits("printer")) == [("printer", {})]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("30m", "30m"), ("30м, 2 часа", "30m,2h"), ("every 2h", "2h"), ("каждые 2 часа", "2h"),
        ("off", "off"), ("никогда", "off"), ("printer", ""), ("", ""), ("30m, soon", ""),
    ],
)  # fmt: skip
def test_times_of_reminders(text: str, times: str) -> None:
    assert read_times(text) == times


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_and_what_is_read_is_understood(text: str) -> None:
    for typed in splits(text):
        assert set(typed.lasts) <= {"for", "until", "until_up", "indefinitely"}
    assert read_moment(text) == read_moment(text)


@given(st.integers(1, 10**7))
def test_what_is_shown_is_read(seconds: int) -> None:
    assert parse_duration(read_duration(format_duration(seconds))) == seconds


@pytest.mark.parametrize("text", ["18:00", "tomorrow 8:00", "завтра в 8", "пн 9:00", "sunday 23:59"])
def test_moments_are_in_the_spelling_of_the_options(text: str) -> None:
    assert parse_when(read_moment(text), 1e9, "UTC") > 1e9
