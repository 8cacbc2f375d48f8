"""The demo: the real daemon watches three devices in a network of its own; one is unplugged."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pingmon.notify.message_text import plain_text
from tests.support.lab import Lab, Pingmon

ROUTER, PRINTER, CAMERA = "10.0.0.1", "10.0.0.2", "fd00:1::3"


def say(words: str) -> None:
    print(words, flush=True)


def shown(message: dict[str, Any]) -> str:
    """As Telegram shows it."""
    return plain_text(message["text"]).replace("\n", "\n  ")


def main() -> int:
    lab = Lab()
    with tempfile.TemporaryDirectory() as directory:
        pingmon = Pingmon(lab, Path(directory))
        try:
            return play(lab, pingmon)
        finally:
            pingmon.close()
            lab.close()


def play(lab: Lab, pingmon: Pingmon) -> int:
    say("Starting pingmond in a private network, with a stand-in for Telegram.")
    pingmon.start()
    for address, name in ((ROUTER, "router"), (PRINTER, "printer"), (CAMERA, "camera")):
        say(f"$ pingmonctl add-mon --ip_address {address} --name {name} --interval 5 --chat_id 1001")
        say(pingmon.add(address, "--name", name, "--interval", "5"))
    pingmon.wait_state("up", ROUTER, PRINTER, CAMERA)
    say("All three answer. Unplugging the printer …")
    lab.unplug(PRINTER)
    began = time.time()
    down = pingmon.wait_messages(1)[0]
    say(f"Telegram, {down['at'] - began:.1f} s later:\n  " + shown(down))
    say("$ pingmonctl list-mon\n" + pingmon.ctl("list-mon").stdout.rstrip())
    say("Plugging it in again …")
    lab.plug(PRINTER)
    began = time.time()
    up = pingmon.wait_messages(2)[1]
    say(f"Telegram, {up['at'] - began:.1f} s later:\n  " + shown(up))
    say("$ pingmonctl list-mon\n" + pingmon.ctl("list-mon").stdout.rstrip())
    stopped = pingmon.stop()
    seen = "is down" in down["text"] and "up again" in up["text"] and len(pingmon.messages()) == 2
    say("All of this was seen to work." if seen and stopped == 0 else "Something was missing!")
    return 0 if seen and stopped == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
