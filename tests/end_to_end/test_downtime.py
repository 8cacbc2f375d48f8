"""Planned downtime, reminders, quiet hours, devices that may be off: with the real daemon."""

import json
import time

from tests.end_to_end.test_holds import heard, held
from tests.support.lab import Lab, Pingmon, until

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
FAST = ("--interval", "1", "--timeout", "1")


def plans(pingmon: Pingmon) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pingmon.call("downtime_list")["downtimes"]
    return found


def test_a_downtime_holds_what_fits_when_it_begins(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start("--log-level=debug")
    pingmon.add(A, "--name", "server-1", *FAST)
    pingmon.wait_state("up", A)
    which = ("downtime", "add", "--name", "server-*")
    asked = pingmon.ctl(*which, "--for", "14s", check=False)
    assert asked.returncode == 1 and "--yes does it without asking" in asked.stderr
    when = ("--start", "in 12s", "--for", "14s")
    planned = pingmon.ctl(*which, *when, "--comment", "update", "--yes")
    assert "planned" in planned.stderr
    pingmon.add(B, "--name", "server-2", *FAST)  # it is planned for, too
    pingmon.add(C, *FAST)
    pingmon.wait_state("up", A, B, C)
    assert held(pingmon) == {A: None, B: None, C: None}
    (plan,) = plans(pingmon)
    assert (plan["which"], plan["active"], plan["monitors"]) == ("name=server-*", False, 2)
    until(lambda: held(pingmon) == {A: "maintenance", B: "maintenance", C: None}, what="its begin")
    row = pingmon.monitors()[A]["held"]
    assert (row["by"], row["comment"]) == ("root", "update") and row["until"]
    lab.unplug(A, B, C)
    pingmon.wait_state("down", A, B, C)
    until(lambda: heard(pingmon, C) == ["🔴"], what="what is not planned to be told")
    lab.plug(B)
    assert heard(pingmon, A) == heard(pingmon, B) == []
    until(lambda: heard(pingmon, A) == ["🔴"], what="what is still down at the end")
    assert heard(pingmon, B) == [] and held(pingmon)[A] is None
    until(lambda: plans(pingmon) == [], what="what is past to be forgotten")


def test_a_repeating_downtime_is_listed_and_deleted(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--name", "printer", *FAST)
    pingmon.wait_state("up", A)
    rule = "FREQ=DAILY"
    number = pingmon.ctl("downtime", "add", "printer", "--for", "2h", "--rrule", rule).stdout.strip()
    until(lambda: held(pingmon) == {A: "maintenance"}, what="its begin")
    lab.unplug(A)
    pingmon.wait_state("down", A)
    overlap = pingmon.ctl("downtime", "add", "printer", "--for", "1h", "--dry_run")
    assert f"overlaps {number[:8]}" in overlap.stderr
    assert number[:8] in pingmon.ctl("downtime", "list").stdout
    assert pingmon.ctl("downtime", "delete", "--id", number[:8]).stdout.strip() == number
    until(lambda: heard(pingmon, A) == ["🔴"], what="what differs to be told")
    assert plans(pingmon) == []
    log = json.loads(pingmon.ctl("log", "-o", "json").stdout)["entries"]
    assert [one["action"] for one in log][:2] == ["downtime_delete", "downtime_add"]


def test_reminders_stop_when_somebody_acknowledges(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    for address in (A, B):
        pingmon.add(address, "--remind", "1m", *FAST)
    pingmon.wait_state("up", A, B)
    lab.unplug(A, B)
    until(lambda: len(heard(pingmon, A) + heard(pingmon, B)) == 2, what="down to be told")
    pingmon.ctl("ack", A)
    until(lambda: heard(pingmon, B) == ["🔴", "🔴"], 90, "the reminder")
    assert "still down, for 1 min" in pingmon.messages()[-1]["text"]
    assert heard(pingmon, A) == ["🔴", "🔵"]


def test_quiet_hours_hold_until_their_end_but_not_what_is_critical(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start("--config=/dev/null")
    now = time.time()
    if now % 60 > 30:  # there must be time for down before the end of the hours
        time.sleep(61 - now % 60)
        now = time.time()
    start, end = (time.strftime("%H:%M", time.localtime(at)) for at in (now - 60, now + 60))
    quiet = ("--quiet_hours", f"{start}-{end}", "--quiet_hold")
    pingmon.add(A, *quiet, *FAST)
    pingmon.add(B, *quiet, "--critical", *FAST)
    pingmon.add(C, "--quiet_hours", f"{start}-{end}", *FAST)
    pingmon.wait_state("up", A, B, C)
    assert held(pingmon) == {A: "quiet_hours", B: None, C: None}
    lab.unplug(A, B, C)
    until(lambda: (heard(pingmon, B), heard(pingmon, C)) == (["🔴"], ["🔴"]), what="others to be told")
    silent = [one.get("disable_notification") for one in pingmon.messages() if C in one["text"]]
    assert silent == [True] or len(pingmon.messages()) == 1
    assert heard(pingmon, A) == []
    until(lambda: heard(pingmon, A) == ["🔴"], 90, "the end of the quiet hours")
    assert held(pingmon)[A] is None


def test_what_may_be_off_is_no_alarm(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--may_be_off", *FAST)
    pingmon.add(B, *FAST)
    pingmon.wait_state("up", A, B)
    lab.unplug(A, B)
    pingmon.wait_state("down", A)
    until(lambda: heard(pingmon, B) == ["🔴"], what="the other to be told")
    lab.plug(A, B)
    until(lambda: heard(pingmon, B) == ["🔴", "🟢"], what="up")
    assert heard(pingmon, A) == [] and held(pingmon)[A] == "expected_off"
    lab.unplug(A)
    pingmon.wait_state("down", A)
    pingmon.ctl("edit-mon", A, "--no_may_be_off")
    until(lambda: heard(pingmon, A) == ["🔴"], what="what is an alarm now")


def test_plans_that_make_no_sense_are_refused_in_one_line(lab: Lab, pingmon: Pingmon) -> None:
    pingmon.start()
    pingmon.add(A, "--name", "printer", *FAST)
    add = ("downtime", "add", "printer")
    edit = ("edit-mon", "printer")
    for words, said in {
        (*add, "--start", "2020-01-01", "--for", "2h"): "it is past",
        (*add, "--start", "2027-02-30", "--for", "2h"): "there is no such day",
        (*add, "--start", "2027-02-03 10:00", "--end", "2027-02-03 09:00"): "before it begins",
        (*add, "--for", "0h"): "is not between",
        (*add, "--start", "2027-02-03 10:00", "--end", "2027-02-03 10:00"): "it is empty",
        (*add, "--for", "2h", "--rrule", "FREQ=SECONDLY;BYMONTH=13"): "FREQ of the rrule must be",
        (*add, "--for", "2h", "--rrule", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"): "10 years",
        (*add, "--for", "2h", "--time_zone", "Mars/Base"): "there is no time zone",
        (*add, "--for", "2h", "--rrule", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"): "never occurs",
        (*add, "--for", "2d", "--rrule", "FREQ=DAILY"): "overlap",
        (*add, "--for", "2h", "--rrule", "sometimes"): "an unknown part",
        ("downtime", "add", "nobody", "--for", "2h"): "there is no monitor",
        ("downtime", "delete", "--id", "0000"): "there is no downtime",
        (*edit, "--remind", "2h,1h"): "longer than the one before",
        (*edit, "--quiet_hours", "25:00-07:00"): "is not a time of day",
        (*edit, "--quiet_hours", "22:00-07:00 Mars/Base"): "there is no time zone",
        (*edit, "--expect_up", "Mon-Fri"): "is not hours",
    }.items():
        done = pingmon.ctl(*words, check=False)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
