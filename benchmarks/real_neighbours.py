"""The budget on real packets: python -m benchmarks.real_neighbours [MINUTES], as root

The real daemon. 200 fresh devices of one prefix lose 20 % from one moment, and ten of them die after ten
minutes; one more device has a gap of 3 s every minute. Defaults, an interval of 1 s.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.end_to_end.test_accelerated_hour import Calls, changes
from tests.end_to_end.test_daemon import states
from tests.support.bot_api import TOKEN
from tests.support.devices import Devices
from tests.support.lab import Lab, Pingmon, until

MANY = [f"10.0.50.{number + 1}" for number in range(200)]
GAPS, GAP, DEATHS_AT = "10.51.0.1", 3.0, 600.0  # s


def told_after(lab: Lab, pingmon: Pingmon, dead: list[str]) -> list[float]:
    """Seconds from the death of these devices to each one's message."""
    before, began, found = changes(pingmon), time.monotonic(), dict[str, float]()
    lab.unplug(*dead)
    while len(found) < len(dead) and time.monotonic() - began < 130:
        for address, count in changes(pingmon).items():
            if address in dead and count > before.get(address, 0):
                found.setdefault(address, time.monotonic() - began)
        time.sleep(0.1)
    return sorted(found.values())


def run(lab: Lab, pingmon: Pingmon, devices: Devices, seconds: float) -> None:
    pingmon.start()
    call = Calls(pingmon)
    for address in (*MANY, GAPS):
        call("add_mon", ip_address=address, interval=1, chat_id=1001, token=TOKEN, verify=False)
    until(lambda: states(pingmon)["up"] == len(MANY) + 1, 60, "all to be up")
    lab.nft("add rule inet lab input ip daddr 10.0.50.0/24 numgen random mod 100 < 20 drop\n")
    began, has_killed = time.monotonic(), False
    while time.monotonic() - began < seconds:
        time.sleep(60 - GAP)
        devices.tell("silent", GAPS)
        time.sleep(GAP)
        devices.tell("plain", GAPS)
        minutes = (time.monotonic() - began) / 60
        print(f"after {minutes:.0f} min: {changes(pingmon)}", flush=True)
        if not has_killed and time.monotonic() - began > DEATHS_AT:
            has_killed = True
            delays = " ".join(f"{one:.1f}" for one in told_after(lab, pingmon, MANY[:10]))
            print(f"ten deaths were told after {delays} s", flush=True)


def main() -> None:
    lab = Lab()
    try:
        with tempfile.TemporaryDirectory() as directory, Devices(lab, "10.51.0.0/24") as devices:
            pingmon = Pingmon(lab, Path(directory))
            try:
                run(lab, pingmon, devices, 60 * float(sys.argv[1] if len(sys.argv) > 1 else 31))
            finally:
                pingmon.close()
    finally:
        lab.close()


if __name__ == "__main__":
    main()
