"""Ages, columns and what is said of a path of which nothing is known."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from pingmon.client.table import Column, cut, lines, width_of
from pingmon.client.time_words import age, seconds_of, span
from pingmon.client.views.downtimes import downtimes
from pingmon.client.views.explain import explain
from pingmon.client.views.journal import journal
from pingmon.client.views.monitor import monitor
from pingmon.client.views.monitors import counted, monitors, natural


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (97200, "1 d 3 h"), (90061, "1 d 1 h")],
)
def test_spans_are_said_in_their_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_an_age_has_one_unit_and_a_clock_that_was_set_back_makes_no_nonsense() -> None:
    now = seconds_of("2026-11-24T10:53:12Z")
    assert now == 1795517592.0
    assert age("2026-11-24T07:50:12Z", now) == "3 h" and age("2026-11-24T10:53:13Z", now) == "0 s"


@pytest.mark.parametrize(("text", "width"), [("gate", 4), ("принтер", 7), ("印刷", 4), ("e\u0301", 1)])
def test_columns_of_a_terminal_are_counted_not_letters(text: str, width: int) -> None:
    assert width_of(text) == width
    assert width_of(cut(text * 9, 7)) <= 7


def test_what_does_not_fit_is_cut_where_it_may_be() -> None:
    table = lines([Column("ID", ["036bc24f"]), Column("WHY", ["x" * 90], 10)], 40)
    assert [len(line) <= 40 for line in table] == [True, True] and "036bc24f" in table[1]


def test_names_are_sorted_as_people_count() -> None:
    assert sorted(["10.0.0.10", "10.0.0.9", "a2", "A10"], key=natural) == [
        "10.0.0.9",
        "10.0.0.10",
        "a2",
        "A10",
    ]


def row(name: str, state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "036bc24f-d493-4b1a-8ff5-b2903d49b780",
        "name": name,
        "ip_address": "10.0.0.2",
        "chat_id": "1001",
        "thread_id": None,
        "bot": "ping_bot",
        "state": state,
        "since": "2026-11-24T10:53:12Z",
        "last_rtt_ms": None,
        "loss": 0.0,
        "delivery": "ok",
        "interval": 10,
    } | more


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_the_worst_comes_first_and_no_cell_is_empty(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pingmon.client.views.monitors.screen_width", lambda: int(columns))
    rows = [
        row("b", "up"),
        row("", "unknown", reason="no reply yet"),
        row("c", "up", delivery="can't reach api.telegram.org: connection refused"),
        row("a", "down", held={"why": "quiet_hours", "until": "2026-11-24T12:00:00Z"}),
        row("d", "down", told="up", reason="no reply"),
    ]
    head, *table = monitors(rows).splitlines()
    at = head.index("STATE")
    assert [line[at:].split()[0] for line in table] == ["down", "down", "unknown", "up", "up"]
    assert all(len(line) <= int(columns) for line in (head, *table))
    assert "quiet hours" in table[0] and "not told" in table[1] and "no reply yet" in table[2]
    assert "can't reach" in table[3] and "SINCE" in head and "WHY" in head


def test_what_is_held_and_why_is_seen_at_a_glance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    muted = {"why": "muted", "until": "2026-11-24T12:00:00Z", "by": "ann"}
    up = {"why": "muted", "until_up": True, "by": "bob"}
    channels = [{"chat_id": one, "held": held} for one, held in (("1", muted), ("2", muted), ("3", up))]
    rows = [
        row("a", "up", held=muted, holds=[muted, up], channels=channels),
        row("b", "up", channels=[{"chat_id": "1", "held": None}, {"chat_id": "2", "held": muted}]),
        row("c", "unknown", held={"why": "paused"}, reason="paused by ann since 10:00"),
        row("d", "up"),
    ]
    shown = {line.split()[1]: line for line in monitors(rows, ("state", "name", "why")).splitlines()}
    until = "muted until 2026-11-24 12:00:00 UTC"
    assert f"{until}; chat 3 muted until it is up" in shown["a"]
    assert f"chat 2 {until}" in shown["b"]
    assert shown["c"].endswith("paused by ann since 10:00")
    assert counted(rows) == "4 monitors: 1 unknown, 3 up; 3 held"
    wide = monitors(rows, wide=True).splitlines()
    assert "HELD" in wide[0] and "HELD" not in monitors(rows[3:], wide=True)
    assert f"{until} by ann; muted until it is up by bob; chat 3" in "".join(wide)
    assert all(line.count(until) <= 1 or "chat" in line for line in wide)


def test_columns_and_order_can_be_chosen() -> None:
    rows = [row("a9", "up", loss=0.1), row("a10", "down")]
    shown = monitors(rows, ("name", "loss"), "name").splitlines()
    assert [line.split() for line in shown] == [["NAME", "LOSS"], ["a9", "10%"], ["a10", "0%"]]


def test_what_was_not_measured_is_said_to_be_assumed() -> None:
    forecast = {
        "waits_for": 3,
        "false_alarms_per_year": 0.7,
        "delay_median_s": 8.0,
        "delay_p99_s": 12.9,
        "limited_by": "budget",
        "false_alarms": "1/year",
        "max_delay": 120.0,
    }
    result = {
        "name": "printer",
        "ip_address": "10.0.0.2",
        "state": "up",
        "since": "2026-11-24T10:53:12Z",
        "reason": "",
        "assumed": True,
        "loss": 0.00003,
        "loss_after_loss": 0.01,
        "burst_s": 1.0,
        "phi": 0.0,
        "bound": 7.5,
        "probes": 0,
        "runs_of_losses": 0,
        "hint": "",
        "note": "",
        "counters": {},
        "now": forecast,
    }
    first, second, *_ = explain(result).splitlines()
    assert first.startswith("printer (10.0.0.2) is up for ")
    assert second == "nothing was measured yet: what follows is assumed"
    assert "known from 1 probe, 0 runs" in explain(result | {"assumed": False, "probes": 1})
    said = {"path": "loses 1 in 5, not in bursts", "neighbours": "12 neighbours by eth1 lost 20 %"}
    words = explain(result | said | {"limit": ""})
    assert "path       loses 1 in 5" in words and "neighbours 12 neighbours by eth1" in words
    assert "limit" not in words


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_times_of_downtimes_have_the_zone_of_that_day() -> None:
    row = {"id": "036bc24f-d493", "active": False, "rrule": "", "which": "all", "monitors": 2}
    row |= {"by": "ann", "comment": "", "start": "2026-07-01T20:00:00Z", "end": "2026-12-01T21:00:00Z"}
    shown = downtimes([row], absolute=False)
    assert "2026-07-01 22:00:00 CEST" in shown and "2026-12-01 22:00:00 CET" in shown


@pytest.mark.usefixtures("berlin")
def test_the_log_shows_the_daemons_words_with_local_times() -> None:
    words = "holds none → muted by ann until 2026-07-01T20:00:00Z: toner, interval 10 s → 5 s"
    entry = {"at": "2026-07-01T10:00:00Z", "actor": "ann", "action": "mute", "what": "printer"}
    shown = journal([entry | {"changes": words}], absolute=True)
    assert "until 2026-07-01 22:00:00 CEST: toner" in shown and "10 s → 5 s" in shown


ENDS = ("2027-02-24", "2026-12-01")


def test_tags_are_a_column_of_the_wide_table_when_there_are_any() -> None:
    assert "TAGS" not in monitors([row("a", "up", tags=[])], wide=True)
    assert "CERTIFICATE" not in monitors([row("a", "up")], wide=True)
    shown = monitors([row("a", "up", tags=["printer", "site=berlin"]), row("b", "up")], wide=True)
    assert "TAGS" in shown and "printer,site=berlin" in shown


def test_ends_of_certificates_are_a_column_and_an_order() -> None:
    rows = [row("plain", "up"), *(row(day, "up", certificate_ends=f"{day}T10:00:00Z") for day in ENDS)]
    assert "CERTIFICATE" in monitors(rows, wide=True)
    shown = monitors(rows, ["name", "certificate"], "certificate").splitlines()
    assert [line.split() for line in shown[1:]] == [*([day, day] for day in sorted(ENDS)), ["plain", "-"]]


def test_the_wide_table_has_all_that_a_monitor_shows_and_each_of_its_channels() -> None:
    held = {"why": "muted", "until": None, "by": "ann"}
    quiet = {"why": "quiet_hours", "until": None, "by": None}
    channel = {"kind": "telegram", "bot": "ping_bot", "thread_id": None, "delivery": "ok", "held": None}
    one = row(
        "gate",
        "down",
        seen="2026-11-24T10:53:00Z",
        last_rtt_ms=0.43,
        loss=0.14,
        mon_type="ping",
        parent=None,
        held=held,
        tags=["site=berlin"],
        reason="no reply",
        channels=[
            channel | {"chat_id": "1001", "held": held},
            channel | {"chat_id": "-1002", "thread_id": 7, "delivery": "suspended: 403", "held": quiet},
        ],
    )
    head, line = monitors([one], wide=True).splitlines()
    columns = "ID STATE NAME ADDRESS SINCE SEEN RTT LOSS TYPE INTERVAL PARENT TAGS CHANNELS BOT HELD WHY"
    assert head.split() == [*columns.split(), "DELIVERY"]
    for cell in (
        "1001,-1002/7",
        "muted by ann; chat -1002 quiet hours",
        "-1002/7: suspended: 403",
        "site=berlin",
    ):
        assert f"  {cell}" in line, cell
    # What does not arrive in one of the chats shows in the table that fits the screen, too.
    assert "-1002/7: suspended: 403" in monitors([one])


def test_one_monitor_is_said_with_the_holds_of_each_of_its_chats() -> None:
    channel = {"kind": "telegram", "bot": "ping_bot", "thread_id": None, "delivery": "ok", "held": None}
    muted = {"why": "muted", "until": None, "by": "ann"}
    one = row(
        "gate",
        "up",
        **dict.fromkeys(("last_rtt_ms", "down_after", "down_after_seconds", "language", "quiet"), None),
        **{"tell_slow": False, "mon_type": "ping", "timeout": 2, "loss": 0.0, "false_alarms": "1/year"},
        **{"max_delay": 60, "up_after": 1, "chat_id": "1001", "thread_id": None, "bot": "ping_bot"},
        held=None,
        channels=[channel | {"chat_id": "1001"}, channel | {"chat_id": "-1002", "held": muted}],
    )
    said = monitor(one, None).splitlines()
    assert "held      chat -1002 muted" in said
    assert not any(line.startswith("settings") for line in said)
    web = one | {
        **{
            "name": "shop",
            "target": "https://a.example/ (10.0.0.2)",
            "mon_type": "http",
            "url": "https://a.example/",
        },
        **{
            "method": "GET",
            "follow_redirects": False,
            "header": ["X-Key: …"],
            "cert_days": 0,
            "source": "",
        },
    }
    said = monitor(web, None).splitlines()
    assert said[0].startswith("shop (https://a.example/, 10.0.0.2) is up")
    assert "settings  header X-Key: …, no_follow_redirects, cert_days 0" in said
