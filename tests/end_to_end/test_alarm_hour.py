"""An hour of alarms, fifty times as fast: what chats were told is what the pure functions say."""

from pathlib import Path

import pytest

from tests.support.alarm_oracle import MINUTE
from tests.support.alarm_script import DEVICES, Hour, Script
from tests.support.lab import Lab, Pingmon, until

FASTER = 50


@pytest.mark.long
@pytest.mark.timeout(500)
def test_an_hour_of_all_that_holds_and_tells_is_as_the_pure_functions_say(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    script = Script(lab, pingmon, tmp_path, FASTER)
    script.start()
    script.add(DEVICES)
    until(script.all_up, 120, "all to be up")
    first = (script.fast.now() // MINUTE + 2) * MINUTE
    Hour(script, 0, first, has_crash=True).play()
    script.wait_until(first + 50 * MINUTE)
    until(script.all_up, 120, "all to be up again")
    told = script.compare()
    print(f"{len(told)} lines in {len(pingmon.messages())} messages")
    kinds = {one.kind for one in told}
    assert {"down", "up", "still_down", "acknowledged", "unacknowledged", "closed"} <= kinds
    assert script.call("status")["held"] == {}
    assert script.call("downtime_list")["downtimes"] == []
