"""A token is asked for on a terminal, and does not show there."""

import os
import pty
import subprocess
import time

import pytest

from tests.support.bot_api import TOKEN
from tests.support.lab import BIN, Lab, Pingmon


@pytest.mark.parametrize("more", [[], ["--token_file", "-"]])
def test_a_person_is_asked_for_the_token_without_echo(
    lab: Lab, pingmon: Pingmon, more: list[str]
) -> None:
    pingmon.start()
    leader, follower = pty.openpty()
    command = [str(BIN / "pingmonctl"), "--server_address", str(pingmon.socket), "add-mon"]
    where = ["--ip_address", "10.0.0.1", "--chat_id", "1001", *more]
    environment = {key: value for key, value in os.environ.items() if key != "PINGMON_TOKEN"}
    client = subprocess.Popen(
        [*command, *where],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment,
        start_new_session=True,
    )
    os.close(follower)
    shown, deadline, asked = b"", time.monotonic() + 20, False
    while time.monotonic() < deadline:
        try:
            shown += os.read(leader, 1024)
        except OSError:  # the client ended
            break
        if b"not shown" in shown and not asked:
            asked = os.write(leader, TOKEN.encode() + b"\n") > 0
    assert client.wait(20) == 0, shown
    os.close(leader)
    assert asked and b"Canary" not in shown
    assert list(pingmon.monitors()) == ["10.0.0.1"]
