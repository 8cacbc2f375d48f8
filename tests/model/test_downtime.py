"""Planned downtime: windows once and again, through changes of the clocks; what is refused."""

import json
import time
from datetime import datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingmon.model.downtime import Downtime, downtime_from_json, first_overlap, parse_downtime
from pingmon.model.errors import InvalidValue
from pingmon.model.recurrence import parse_rrule, starts_from
from pingmon.model.when import DAY, HOUR, to_epoch, to_local

BERLIN = "Europe/Berlin"
NOW = to_epoch(datetime(2026, 3, 1, 12), BERLIN)


def starts(days: int, **given_words: str) -> list[str]:
    made = parse_downtime(NOW, zone=BERLIN, **given_words)
    windows = islice(made.windows(NOW), days)
    return [f"{to_local(one.start, BERLIN):%m-%d %H:%M}" for one in windows]


def test_a_window_once_is_there_from_start_to_end() -> None:
    made = parse_downtime(NOW, "2026-03-02 01:00", "2026-03-02 05:00", zone=BERLIN)
    start = to_epoch(datetime(2026, 3, 2, 1), BERLIN)
    assert made.window_at(start - 1) is None and made.window_at(start + 4 * HOUR) is None
    assert made.window_at(start) == made.window_at(start + 4 * HOUR - 1) == (start, start + 4 * HOUR)


def test_without_a_start_it_begins_now() -> None:
    window = parse_downtime(NOW, lasts="2h", zone=BERLIN).window_at(NOW)
    assert window == (NOW, NOW + 2 * HOUR)


def test_an_end_that_is_a_time_of_day_is_the_next_after_the_start() -> None:
    window = next(parse_downtime(NOW, "22:00", "06:00", zone=BERLIN).windows(NOW))
    assert window.end - window.start == 8 * HOUR


def test_rules_of_rfc_5545() -> None:
    assert starts(2, start="2026-03-02 01:00", lasts="1h", rule="FREQ=WEEKLY;BYDAY=SU") == [
        "03-08 01:00",
        "03-15 01:00",
    ]
    monthly = starts(2, start="2026-03-02 01:00", lasts="1h", rule="RRULE:FREQ=MONTHLY;BYDAY=-1SA")
    assert monthly == ["03-28 01:00", "04-25 01:00"]
    assert starts(9, start="2026-03-02 01:00", lasts="1h", rule="freq=daily;count=2") == [
        "03-02 01:00",
        "03-03 01:00",
    ]
    until = starts(9, start="2026-03-02 01:00", lasts="1h", rule="FREQ=DAILY;UNTIL=20260303T000000Z")
    assert until == ["03-02 01:00", "03-03 01:00"]


@pytest.mark.parametrize(
    ("day", "begins"), ((datetime(2026, 3, 29), "03-29 03:30"), (datetime(2026, 10, 25), "10-25 02:30"))
)
def test_a_window_at_half_past_two_exists_once_when_clocks_change(day: datetime, begins: str) -> None:
    made = parse_downtime(NOW, "2026-03-02 02:30", lasts="20m", rule="FREQ=DAILY", zone=BERLIN)
    midnight = to_epoch(day, BERLIN)
    windows = [one for one in islice(made.windows(midnight), 2) if one.start < midnight + DAY]
    assert [f"{to_local(one.start, BERLIN):%m-%d %H:%M}" for one in windows] == [begins]
    assert [one.end - one.start for one in windows] == [1200.0]
    looks = [made.window_at(midnight + 600 * n) for n in range(25 * 6)]
    assert [one for one in looks if one] == [*windows, *windows]


def test_a_window_ends_by_the_clock_on_the_wall_and_with_for_after_exact_time() -> None:
    rule = "FREQ=WEEKLY;BYDAY=SU"
    midnight = to_epoch(datetime(2026, 3, 29), BERLIN)
    by_the_wall = parse_downtime(NOW, "2026-03-01 01:00", "2026-03-01 05:00", "", rule, BERLIN)
    exact = parse_downtime(NOW, "2026-03-01 01:00", "", "4h", rule, BERLIN)
    assert next(by_the_wall.windows(midnight)) == (midnight + HOUR, midnight + 4 * HOUR)
    assert next(exact.windows(midnight)) == (midnight + HOUR, midnight + 5 * HOUR)
    skipped = parse_downtime(NOW, "2026-03-01 02:30", "2026-03-01 03:00", "", rule, BERLIN)
    assert next(skipped.windows(midnight)) == (midnight + 2.5 * HOUR, midnight + 3 * HOUR)


@pytest.mark.parametrize(
    ("words", "field", "says"),
    (
        ({"start": "2026-02-01 01:00", "lasts": "1h"}, "end", "past"),
        ({"start": "2027-02-30 01:00", "lasts": "1h"}, "start", "no such day"),
        ({"start": "2026-03-05 05:00", "end": "2026-03-05 01:00"}, "end", "before it begins"),
        ({"start": "2026-03-05 05:00", "end": "2026-03-05 05:00"}, "end", "empty"),
        ({"start": "2026-03-05 05:00", "lasts": "0h"}, "for", "not between"),
        ({"start": "2026-03-05 05:00", "lasts": "two hours"}, "for", "not a duration"),
        ({"start": "2026-03-05 05:00"}, "end", "either end or for"),
        ({"start": "2026-03-05 05:00", "end": "06:00", "lasts": "1h"}, "end", "either end or for"),
        ({"lasts": "1h", "zone": "Mars/City"}, "time_zone", "no time zone"),
        ({"lasts": "800d"}, "end", "more than a year"),
        ({"start": "2046-03-05", "lasts": "1h"}, "start", "10 years"),
        ({"lasts": "1h", "rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule", "never occurs"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "rrule", "never occurs"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYMONTH=13"}, "rrule", "never occurs"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;UNTIL=20200101"}, "rrule", "not past"),
        ({"lasts": "25h", "rule": "FREQ=DAILY"}, "rrule", "overlap"),
        ({"lasts": "1h", "rule": "FREQ=HOURLY"}, "rrule", "FREQ"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;INTERVAL=0"}, "rrule", "INTERVAL"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;COUNT=0"}, "rrule", "COUNT"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;COUNT=2;UNTIL=20270101"}, "rrule", "exclude"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;UNTIL=20270230"}, "rrule", "no date"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYDAY=XX"}, "rrule", "understood"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;DTSTART=20260101"}, "rrule", "unknown part"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;FREQ=DAILY"}, "rrule", "twice"),
        ({"lasts": "1h", "rule": "every day"}, "rrule", "not one"),
        ({"lasts": "1m", "rule": "FREQ=DAILY;BYHOUR=1,2;BYMINUTE=" + "1," * 30 + "2"}, "rrule", "a day"),
        ({"start": "2020-01-01", "lasts": "1h", "rule": "FREQ=DAILY"}, "start", "a year ago"),
        ({"lasts": "1h", "rule": "FREQ=SECONDLY;BYMONTH=13"}, "rrule", "FREQ"),
        ({"lasts": "1h", "rule": "FREQ=MINUTELY;BYHOUR=3;BYMINUTE=61"}, "rrule", "FREQ"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYSECOND=1"}, "rrule", "unknown part"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYEASTER=1"}, "rrule", "unknown part"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYSETPOS=366"}, "rrule", "never occurs"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYWEEKNO=53;BYMONTH=6"}, "rrule", "never occurs"),
        ({"lasts": "1h", "rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"}, "rrule", "10 years"),
    ),
)
def test_bad_input_has_one_clear_line(words: dict[str, str], field: str, says: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidValue, match=says) as refused:
        parse_downtime(NOW, **{"zone": BERLIN} | words)
    assert "\n" not in str(refused.value) and refused.value.field == field
    assert time.process_time() - began < 1.0


@given(
    st.text(alphabet="FREQDAILYWKMONTHBYCU=;,0123456789-+SE", max_size=60)
    | st.builds(
        lambda *parts: ";".join(parts),
        st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY"]),
        st.sampled_from(["INTERVAL=1", "INTERVAL=999", "INTERVAL=-1"]),
        st.sampled_from(["BYDAY=MO", "BYDAY=5FR", "BYMONTHDAY=31", "BYYEARDAY=366", "BYWEEKNO=53"]),
        st.sampled_from(["BYMONTH=2", "BYMONTH=4,12", "WKST=SU", "BYHOUR=3", "COUNT=1"]),
    )
)
@settings(deadline=None)
def test_any_rule_is_understood_or_refused_soon(rule: str) -> None:
    began = time.process_time()
    try:
        made = parse_downtime(NOW, lasts="1m", rule=rule, zone=BERLIN)
        windows = list(islice(made.windows(NOW), 5))
        assert (windows and windows == sorted(windows)) or not rule
    except InvalidValue as refused:
        assert "\n" not in str(refused)
    assert time.process_time() - began < 2.0


def test_a_downtime_can_be_stored() -> None:
    for words in ({"rule": "FREQ=DAILY;UNTIL=20270101"}, {}):
        made = parse_downtime(NOW, "2026-03-02 01:00", "2026-03-02 05:00", zone=BERLIN, **words)
        assert downtime_from_json(json.loads(json.dumps(made.to_json()))) == made


def test_downtimes_that_overlap_are_found() -> None:
    nightly = parse_downtime(NOW, "2026-03-02 01:00", "2026-03-02 03:00", "", "FREQ=DAILY", BERLIN)
    sunday = parse_downtime(NOW, "2026-03-08 02:00", "2026-03-08 05:00", zone=BERLIN)
    later = parse_downtime(NOW, "2026-03-02 03:00", lasts="2h", rule="FREQ=DAILY", zone=BERLIN)
    shared = first_overlap(nightly, sunday, NOW)
    assert shared and shared.end - shared.start == HOUR
    assert first_overlap(nightly, later, NOW) is None


@given(
    st.sampled_from(
        (
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=7;BYHOUR=3,15",
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;WKST=SU",
            "FREQ=WEEKLY",
            "FREQ=MONTHLY;INTERVAL=5",
            "FREQ=MONTHLY;INTERVAL=18;BYDAY=-1SA",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "FREQ=YEARLY",
            "FREQ=YEARLY;INTERVAL=3",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
            "FREQ=DAILY;COUNT=900",
            "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
        )
    ),
    st.datetimes(datetime(2024, 1, 1), datetime(2024, 3, 10))
    | st.sampled_from((datetime(2024, 2, 29, 2, 30), datetime(2024, 1, 31, 2))),
    st.floats(0, 9 * 366),
    st.sampled_from((1.0, 300.0)),
)
@settings(deadline=None)
def test_windows_of_old_plans_are_found_from_now_on(
    rule: str, start: datetime, days: float, hours: float
) -> None:
    plan = Downtime(start.replace(microsecond=0), timedelta(hours=hours), BERLIN, rule)
    now = to_epoch(start, BERLIN) + days * DAY
    all_of_them = (plan._window(one) for one in parse_rrule(rule, plan.start))
    expected = list(islice((one for one in all_of_them if one.end > now), 5))
    assert list(islice(plan.windows(now), 5)) == expected


def test_a_plan_of_ten_years_costs_no_more_than_one_of_a_day() -> None:
    plan = parse_downtime(NOW, "2026-03-02 01:00", lasts="1h", rule="FREQ=DAILY", zone=BERLIN)
    first = next(starts_from(plan.rule, plan.start, datetime(2036, 1, 1)))
    assert first == datetime(2035, 12, 31, 1)


@pytest.mark.parametrize(
    "rule",
    (
        "FREQ=MONTHLY;BYDAY=+53MO",
        "FREQ=MONTHLY;BYDAY=1MO,+53MO",
        "FREQ=YEARLY;BYMONTH=12;BYDAY=-6MO",
        "FREQ=YEARLY;BYDAY=0MO",
        "FREQ=DAILY;BYDAY=+99999999999MO",
        "FREQ=DAILY;UNTIL=99991231T235959Z",
    ),
)
def test_days_that_no_calendar_has_are_refused(rule: str) -> None:
    with pytest.raises(InvalidValue):
        parse_downtime(NOW, lasts="1h", rule=rule, zone="Asia/Tokyo")


def test_the_last_mondays_of_a_month_and_of_a_year_are_days() -> None:
    for rule in ("FREQ=MONTHLY;BYDAY=-1MO,5FR", "FREQ=YEARLY;BYDAY=53MO,-53SU"):
        assert parse_downtime(NOW, lasts="1h", rule=rule, zone=BERLIN).rule == rule


def test_a_window_may_end_after_the_calendar() -> None:
    made = parse_downtime(
        NOW, "2026-12-31 10:00", "2027-06-01 10:00", rule="FREQ=YEARLY;INTERVAL=119", zone=BERLIN
    )
    assert len(list(made.windows(NOW))) == 68
