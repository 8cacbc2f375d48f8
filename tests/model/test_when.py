"""Times and durations as people type them, weekly hours, quiet hours."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingmon.model.errors import InvalidValue
from pingmon.model.quiet_hours import manner_of, parse_quiet_hours
from pingmon.model.weekly_hours import parse_weekly_hours
from pingmon.model.when import (
    HOUR,
    format_duration,
    parse_duration,
    parse_future,
    parse_local,
    parse_when,
    to_epoch,
    to_local,
    zone_of,
)

BERLIN = "Europe/Berlin"
NOW = to_epoch(datetime(2026, 11, 26, 12), BERLIN)  # a Thursday
ZONES = ("Europe/Berlin", "UTC", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")


@pytest.mark.parametrize(
    ("text", "seconds"),
    (
        ("90s", 90),
        ("2h", 7200),
        ("1d 3h", 97200),
        ("1h30m", 5400),
        ("2 weeks", 1209600),
        ("1.5h", 5400),
        (" 2 Hours ", 7200),
    ),
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ("", "5", "h", "-1h", "1h 2", "0s", "999999999d", "2 lightyears", "1h!", "\u0661h", "1e3s"),
)
def test_what_is_no_duration_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        parse_duration(text)
    assert "\n" not in str(refused.value) and refused.value.field == "for"


@given(st.integers(1, 10**8))
def test_a_duration_that_is_shown_can_be_given_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "local"),
    (
        ("18:00", "2026-11-26 18:00"),
        ("until 18:00", "2026-11-26 18:00"),
        ("11:59", "2026-11-27 11:59"),
        ("today 18:00", "2026-11-26 18:00"),
        ("tomorrow 08:00", "2026-11-27 08:00"),
        ("mon 08:00", "2026-11-30 08:00"),
        ("Thursday 11:00", "2026-12-03 11:00"),
        ("in 2h", "2026-11-26 14:00"),
        ("2026-12-01", "2026-12-01 00:00"),
        ("2026-12-01 18:00", "2026-12-01 18:00"),
        ("2026-12-01T18:00:00Z", "2026-12-01 19:00"),
        ("2026-12-01T18:00:00+05:30", "2026-12-01 13:30"),
    ),
)
def test_times(text: str, local: str) -> None:
    assert f"{to_local(parse_when(text, NOW, BERLIN), BERLIN):%Y-%m-%d %H:%M}" == local


@pytest.mark.parametrize(
    ("text", "says"),
    (
        ("2027-02-30 01:00", "no such day"),
        ("2026-12-01 25:00", "no such time of day"),
        ("24:00", "not a time of day"),
        ("soon", "is not a time"),
        ("", "is not a time"),
        ("2026-11-26 11:00", "is past"),
        ("today 11:00", "is past"),
        ("2099-01-01", "more than 10 years"),
        ("0000-01-01", "no such day"),
    ),
)
def test_what_is_no_time_to_come_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        parse_future(text, NOW, BERLIN)
    assert "\n" not in str(refused.value) and refused.value.field == "until"


@pytest.mark.parametrize("name", ("Mars/City", "Europe", "../etc/passwd", "/etc/passwd", "x\0y"))
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="no time zone"):
        zone_of(name)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.sampled_from(ZONES))
def test_every_local_time_is_one_moment_and_moments_keep_their_order(local: datetime, zone: str) -> None:
    at = to_epoch(local, zone)
    back = to_local(at, zone)
    assert timedelta(0) <= back - local.replace(fold=0) <= timedelta(hours=1)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    for parse in (
        lambda: parse_when(text, NOW, BERLIN),
        lambda: parse_duration(text),
        lambda: parse_weekly_hours(text, BERLIN, "quiet_hours"),
    ):
        try:
            parse()
        except InvalidValue as refused:
            assert "\n" not in str(refused)


# Weekly hours


@pytest.mark.parametrize(
    ("text", "hours_a_week"),
    (
        ("22:00-07:00", 63),
        ("Mon-Fri 08:00-18:00", 50),
        ("Mon-Fri 08:00-18:00; Sat 09:00-12:00", 53),
        ("Sat, Sun 10:00 - 24:00", 28),
        ("Fri-Mon 01:00-02:00", 4),
        ("saturday,sunday 00:00-24:00", 48),
        ("10:00-12:00; 11:00-13:00", 21),
    ),
)
def test_weekly_hours(text: str, hours_a_week: float) -> None:
    hours = parse_weekly_hours(text, "UTC", "quiet_hours")
    quarters = sum(hours.span_at(NOW + n * 900) is not None for n in range(7 * 96))
    assert quarters == hours_a_week * 4


def test_a_zone_in_the_text_wins() -> None:
    hours = parse_weekly_hours("22:00-07:00 Asia/Kathmandu", BERLIN, "quiet_hours")
    assert (hours.text, hours.zone) == ("22:00-07:00", "Asia/Kathmandu")


@pytest.mark.parametrize(
    ("text", "says"),
    (
        ("", "names no hours"),
        ("22:00", "is not hours"),
        ("00:00-24:00", "all of the week"),
        ("22:00-10:00; 10:00-22:00", "all of the week"),
        ("25:00-01:00", "not a time of day"),
        ("22:00-22:00", "is empty"),
        ("24:00-07:00", "begin at 00:00"),
        ("Foo 01:00-02:00", "no weekday"),
        ("22:00-07:00 Mars/City", "no time zone"),
        ("Mon-Fri", "is not hours"),
    ),
)
def test_what_are_no_hours_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refused:
        parse_weekly_hours(text, BERLIN, "quiet_hours")
    assert "\n" not in str(refused.value) and refused.value.field == "quiet_hours"


def test_the_night_in_which_clocks_change_is_an_hour_shorter_or_longer() -> None:
    hours = parse_weekly_hours("22:00-07:00", BERLIN, "quiet_hours")
    lengths = {}
    for day in (datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 23), datetime(2026, 10, 24, 23)):
        span = hours.span_at(to_epoch(day, BERLIN))
        assert span
        lengths[f"{day:%m-%d}"] = (span.end - span.start) / HOUR
    assert lengths == {"03-28": 8.0, "03-29": 9.0, "10-24": 10.0}


@given(
    st.sampled_from(("22:00-07:00", "Mon 02:30-03:00", "Sat-Sun 00:00-24:00", "02:15-02:45")),
    st.sampled_from(ZONES),
    st.floats(0, 4e9),
)
def test_spans_and_starts_agree(text: str, zone: str, now: float) -> None:
    hours = parse_weekly_hours(text, zone, "quiet_hours")
    start = hours.next_start(now)
    span = hours.span_at(start)
    assert span and span.start == start > now and hours.span_at(span.end) is None
    here = hours.span_at(now)
    assert here is None or here.start <= now < here.end <= start
    assert hours.next_change(now) == (here.end if here else start)


def test_quiet_hours_are_looked_at_when_a_message_goes_out() -> None:
    night = datetime(2026, 11, 26, 23, tzinfo=UTC).timestamp()
    morning = datetime(2026, 11, 27, 7, tzinfo=UTC).timestamp()
    silent = parse_quiet_hours("22:00-07:00", "silent", "UTC")
    hold = parse_quiet_hours("22:00-07:00", "hold", "UTC")
    assert manner_of(None, False, night) == manner_of(hold, True, night) == (True, None)
    assert manner_of(silent, False, night) == (False, None)
    assert manner_of(hold, False, night) == (False, morning)
    assert manner_of(hold, False, morning) == (True, None)
    with pytest.raises(InvalidValue, match="silent or hold"):
        parse_quiet_hours("22:00-07:00", "loud")


@pytest.mark.parametrize("text", ("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"))
def test_a_moment_outside_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="no such day"):
        parse_local(text, "UTC", 1.8e9, "start")
