"""The clock is set, and the time zone changed, while the real daemon runs."""

import re
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.lab import Lab, Pingmon, until

FAST = ("--interval", "0.5", "--timeout", "0.5", "--down_after", "2")
A, B = "10.0.0.1", "10.0.0.2"
ZONES = Path("/usr/share/zoneinfo")


class ProcessClock:
    """The clock of one process, set by what is written to a file."""

    def __init__(self, file: Path) -> None:
        libraries = list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not libraries:
            pytest.fail("needs Debian's package faketime, to set the clock of one process")
        self._file = file
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(libraries[0]),
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
        }

    def set(self, seconds: float) -> None:
        """seconds: that the process is ahead of the true time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+.0f}")
        new.rename(self._file)


def silence_the_api(pingmon: Pingmon) -> None:
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()


def since(pingmon: Pingmon, address: str) -> float:
    return datetime.fromisoformat(pingmon.monitors()[address]["since"]).timestamp()


@pytest.mark.timeout(180)
def test_what_waits_moves_along_when_the_clock_of_1970_is_set(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    """A machine without a battery for its clock: it boots, a device dies, then the time is known."""
    clock = ProcessClock(tmp_path / "clock")
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    pingmon.environment = clock.environment
    pingmon.start()
    added = pingmon.add(B, *FAST)
    pingmon.wait_state("up", B)
    up_since = since(pingmon, B)
    assert pingmon.stop() == 0
    clock.set(-booted)  # 1970 when it booted: what is remembered of B lies in the far future
    pingmon.start()
    pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    silence_the_api(pingmon)
    lab.unplug(A)
    pingmon.wait_state("down", A)
    happened = time.time()
    assert datetime.fromisoformat(pingmon.monitors()[A]["since"]).year == 1970
    clock.set(0)
    until(lambda: "the clock was set by" in pingmon.log.read_text(), what="a word in the log")
    until(lambda: abs(since(pingmon, A) - happened) < 10, what="the true time")
    (waits,) = pingmon.status()["conditions"] or [{}]
    assert waits.get("kind") == "unreachable"
    assert pingmon.status()["outbox"]["oldest_s"] < 60
    listed = pingmon.ctl("outbox", "list").stdout
    assert "1970" not in listed and " d " not in listed
    pingmon.start_api()
    text = pingmon.wait_messages(1, 90)[0]["text"]
    found = re.search(r"since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", text)
    assert found and abs(datetime.fromisoformat(found[1]).astimezone().timestamp() - happened) < 10
    assert " d " not in text and " y " not in text
    assert added and abs(since(pingmon, B) - up_since) < 2  # of an earlier run: it was right
    lab.plug(A)
    recovered = pingmon.wait_messages(2)[1]["text"]
    assert "is up again" in recovered and " d " not in recovered
    assert "Traceback" not in pingmon.log.read_text()


@pytest.mark.timeout(180)
def test_the_next_message_has_the_time_zone_that_the_machine_was_given(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    zone = tmp_path / "localtime"
    zone.write_bytes((ZONES / "Asia/Tokyo").read_bytes())
    mount = f'mount --bind {zone} /etc/localtime && exec "$@"'
    pingmon.start(wrap=("env", "-u", "TZ", "unshare", "--mount", "sh", "-c", mount, "sh"))
    pingmon.add(A, *FAST)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    assert re.search(r"since .* JST", pingmon.wait_messages(1)[0]["text"])
    zone.write_bytes((ZONES / "America/New_York").read_bytes())
    lab.plug(A)
    assert re.search(r"since .* (EST|EDT)", pingmon.wait_messages(2)[1]["text"])
