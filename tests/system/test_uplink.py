"""The gateway of an installed package: found, followed, believed. Issue 14, row 7."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.container import Container
from tests.support.installation import ADD, INSTALL, start_bot_api
from tests.support.lab import run, until

pytestmark = pytest.mark.long
GATEWAY, DEVICES = "192.0.2.1", [f"10.0.0.{number}" for number in range(1, 5)]
SILENT = 90.0  # s
BOUND = 30.0  # s


class Router:
    """Behind a veth of the container; every address of 10.0.0.0/16 answers there."""

    def __init__(self, container: Container) -> None:
        self.name = f"pmr{os.getpid()}"
        run("ip", "netns", "add", self.name)
        ours, inside = ("ip", "-n", self.name), ("nsenter", "-t", str(container.leader), "-n", "ip")
        run(*ours, "link", "set", "lo", "up")
        run(*ours, "link", "add", "r0", "type", "veth", "peer", "name", "host0")
        run(*ours, "link", "set", "host0", "netns", str(container.leader))
        for command, device, end in ((ours, "r0", 1), (inside, "host0", 2)):
            run(*command, "addr", "add", f"192.0.2.{end}/24", "dev", device)
            run(*command, "link", "set", device, "up")
        run(*ours, "route", "add", "local", "10.0.0.0/16", "dev", "lo")
        run(*inside, "route", "add", "default", "via", GATEWAY)

    def close(self) -> None:
        run("ip", "netns", "del", self.name)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """The router, and all behind it, answer nothing."""
        nft = ("ip", "netns", "exec", self.name, "nft")
        chain = "add chain inet f i { type filter hook input priority 0; policy drop; }"
        run(*nft, f"add table inet f; {chain}")
        yield
        run(*nft, "delete", "table", "inet", "f")


def status(container: Container) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(container.sh("pingmonctl status -o json").stdout)
    return found


def told(container: Container) -> list[str]:
    lines = container.sh("cat /srv/messages").stdout.splitlines()
    return [json.loads(line)["text"] for line in lines]


def all_are(container: Container, state: str) -> bool:
    return bool(status(container)["states"][state] == len(DEVICES))


@pytest.mark.timeout(600)
def test_a_router_that_is_silent_for_90_s_makes_no_device_down(container: Container) -> None:
    sh = container.sh
    sh(f"{INSTALL} /srv/pingmon.deb")
    start_bot_api(container)
    # Without a gateway: information, no illness.
    assert "no gateway found" in sh("pingmonctl status").stdout
    assert (status(container)["uplink"], status(container)["health"]) == ([], "ok")
    router = Router(container)
    try:
        check_router(container, router)
    finally:
        router.close()


def check_router(container: Container, router: Router) -> None:
    def sees_gateway() -> bool:
        return bool(status(container)["uplink"] == [{"address": GATEWAY, "answers": True}])

    until(sees_gateway, 15, "the gateway to be found")
    shown = container.sh("pingmonctl status").stdout
    assert f"{GATEWAY} answers" in shown and "no gateway" not in shown
    for one in DEVICES:
        container.sh(f"{ADD} {one} --max_delay {BOUND:g}")
    until(lambda: all_are(container, "up"), 20, "all to be up")
    ways = [one for one in status(container)["ways_out"] if one["targets"]]
    assert [(one["device"], one["gateway"], one["targets"]) for one in ways] == [("host0", GATEWAY, 4)]
    began = time.monotonic()
    with router.silent():
        until(lambda: status(container)["health"] == "blind", 30, "health to say so")
        until(lambda: told(container) != [], BOUND + 15 + 3, "the chat to be told")
        print(f"{container.release}: told after {time.monotonic() - began:.1f} s")
        until(lambda: time.monotonic() - began > SILENT, SILENT + 5, "the end of it")
        assert all_are(container, "unknown")
        (only,) = told(container)
        assert "can't see 4 of 4 devices" in only and f"nothing answers by host0 via {GATEWAY}" in only
    until(lambda: all_are(container, "up"), 30, "all to be up again")
    until(lambda: len(told(container)) == 2, 20, "the end to be told")
    assert "can see again" in told(container)[1]
    until(lambda: status(container)["health"] == "ok", 10, "health")
    assert not any("down" in text for text in told(container))
    log = container.sh("journalctl -u pingmon -o cat").stdout
    assert f"{GATEWAY} is watched as an uplink" in log and "is down" not in log
