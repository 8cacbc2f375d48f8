"""Ports instead of echo requests, through the real client and the real daemon."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_accelerated_hour import Calls
from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon, run, until
from tests.support.tcp_servers import TcpServers

A, B, ROUTER = "10.0.0.1", "10.0.0.2", "10.0.0.3"
FAST = ("--interval", "1", "--timeout", "1")
TCP = ("--mon_type", "tcp", "--port")


@pytest.fixture
def servers(lab: Lab, tmp_path: Path) -> Iterator[TcpServers]:
    with TcpServers(lab, tmp_path / "syn.log", 80, 81) as made:
        yield made


def listed(pingmon: Pingmon) -> dict[str, dict[str, Any]]:
    found = pingmon.listed()
    return {one["id"]: one for one in found}


def wait_for(pingmon: Pingmon, state: str, *ids: str) -> None:
    until(lambda: all(listed(pingmon)[one]["state"] == state for one in ids), 30, f"{ids} to be {state}")


def test_two_ports_of_an_address_are_two_monitors_of_one_worker_and_told_apart(
    lab: Lab, pingmon: Pingmon, servers: TcpServers
) -> None:
    pingmon.start()
    web, other = (pingmon.add(A, *TCP, port, *FAST) for port in ("80", "81"))
    assert web != other and pingmon.add(A, *TCP, "80", *FAST) == web
    by_ping = pingmon.add(A, *FAST)
    wait_for(pingmon, "up", web, other, by_ping)
    status = pingmon.status()
    assert (status["monitors"], status["targets"]) == (3, 1)
    lab.nft("add rule inet lab input ip daddr 10.0.0.1 tcp dport 80 reject with tcp reset\n")
    wait_for(pingmon, "down", web)
    (text,) = (one["text"] for one in pingmon.wait_messages(1))
    assert f"{A} port 80" in text and "connection refused" in text
    found = listed(pingmon)
    assert (found[other]["state"], found[by_ping]["state"]) == ("up", "up")
    assert found[web]["reason"] and found[web]["target"] == f"{A} port 80"
    explained = json.loads(pingmon.ctl("explain", web, "-o", "json").stdout)
    assert "connection refused" in json.dumps(explained)
    assert f"{A} port 80" in pingmon.ctl("explain", web).stdout
    lab.nft("flush chain inet lab input\n")
    wait_for(pingmon, "up", web)
    until(lambda: len(pingmon.messages()) == 2, 15, "the recovery to be told")
    assert f"{A} port 80" in pingmon.messages()[1]["text"]


def test_probes_that_confirm_silence_are_a_second_apart(
    lab: Lab, pingmon: Pingmon, servers: TcpServers
) -> None:
    pingmon.start()
    web = pingmon.add(A, *TCP, "80", "--interval", "0.2", "--timeout", "1", "--down_after", "4")
    wait_for(pingmon, "up", web)
    until(lambda: len(servers.probes(A, 80)) > 5, what="some probes")
    lab.nft("add rule inet lab input ip daddr 10.0.0.1 tcp dport 80 drop\n")
    began = time.monotonic()
    wait_for(pingmon, "down", web)
    (text,) = (one["text"] for one in pingmon.wait_messages(1))
    assert "connection refused" not in text
    silent = [at for at in servers.probes(A, 80) if at > began]
    confirming = silent[:3]  # of four, one of which may have left while the rule was made
    assert len(confirming) == 3
    assert min(later - earlier for earlier, later in itertools.pairwise(confirming)) >= 0.98


def test_closed_is_up_when_that_is_wanted_and_settings_survive_files_and_a_restart(
    lab: Lab, pingmon: Pingmon, servers: TcpServers, tmp_path: Path
) -> None:
    pingmon.start()
    closed = pingmon.add(A, *TCP, "9", "--closed_is_up", *FAST)
    web = pingmon.add(A, *TCP, "80", "--source", "v0", *FAST)
    wait_for(pingmon, "up", closed, web)
    for kind in ("csv", "jsonl", "toml"):
        table = tmp_path / f"monitors.{kind}"
        table.write_text(pingmon.ctl("export", "--format", kind).stdout)
        same = json.loads(pingmon.ctl("apply", str(table), "--yes", "-o", "json").stdout)
        assert same == {"created": 0, "changed": 0, "deleted": 0}
        again = json.loads(pingmon.ctl("import", str(table), "-o", "json").stdout)
        assert (again["created"], again["existing"]) == (0, 2)
    pingmon.stop()
    pingmon.start()
    wait_for(pingmon, "up", closed, web)
    found = listed(pingmon)
    assert (found[closed]["closed_is_up"], found[web]["source"]) == (True, "v0")
    shown = pingmon.ctl("list-mon").stdout
    assert f"{A} port 80" in shown and f"{A} port 9" in shown


def test_a_port_behind_a_parent_that_is_dead_is_not_told_and_one_that_answers_is_up(
    lab: Lab, pingmon: Pingmon, servers: TcpServers
) -> None:
    """Parents, doubt and neighbours know no kinds."""
    pingmon.start()
    router = pingmon.add(ROUTER, "--name", "router", *FAST)
    web = pingmon.add(B, *TCP, "80", "--parent", router, *FAST)
    rare = pingmon.add(A, *TCP, "80", "--parent", router, "--interval", "3000")
    wait_for(pingmon, "up", router, web, rare)
    lab.unplug(ROUTER, B)
    wait_for(pingmon, "down", router)
    until(lambda: listed(pingmon)[web]["state"] == "unknown", 30, "the port to be out of sight")
    assert listed(pingmon)[web]["reason"] == "unreachable"
    wait_for(pingmon, "up", rare)
    lab.plug(ROUTER, B)
    wait_for(pingmon, "up", router, web)
    assert [one["text"] for one in pingmon.messages() if "port 80" in one["text"]] == []


def test_forty_ports_that_fall_silent_together_are_told_in_one_message_or_not_seen(
    lab: Lab, pingmon: Pingmon, servers: TcpServers
) -> None:
    """Without a monitor that pings: nobody to tell, then somebody, then a cable that is pulled."""
    pingmon.start()
    devices = [f"10.0.5.{number + 1}" for number in range(40)]
    settings = {"mon_type": "tcp", "port": 80, "interval": 1, "timeout": 1}
    same = {"chat_id": 1001, "token": TOKEN} | settings
    Calls(pingmon)("import_mon", monitors=[{"ip_address": one} | same for one in devices], verify=False)

    def wait_all(state: str) -> None:
        until(lambda: pingmon.status()["states"][state] == len(devices), 60, f"all to be {state}")

    def told(message: dict[str, Any]) -> int:
        return sum(f"{one} port 80" in message["text"] for one in devices)

    wait_all("up")
    assert pingmon.api is not None
    pingmon.api.kill()
    pingmon.api.wait()
    lab.unplug(*devices)
    wait_all("unknown")
    assert pingmon.status()["health"] == "blind" and pingmon.messages() == []
    lab.plug(*devices)
    wait_all("up")
    until(lambda: pingmon.status()["health"] == "ok", 30, "sight to be back")
    pingmon.start_api()
    lab.unplug(*devices)
    wait_all("down")
    until(lambda: sum(map(told, pingmon.messages())) == len(devices), 30, "all to be told")
    # A busy machine may decide on some of them a second later, or two.
    assert len([one for one in pingmon.messages() if told(one)]) <= 5
    lab.plug(*devices)
    wait_all("up")
    run("ip", "-n", lab.peer, "link", "set", "v1", "down")
    wait_all("unknown")
    assert {one["reason"] for one in listed(pingmon).values()} == {"no carrier on v0"}
    assert sum(map(told, pingmon.messages())) <= 2 * len(devices)  # down and up, once each


def test_what_the_kernel_refuses_is_no_outage(lab: Lab, pingmon: Pingmon, servers: TcpServers) -> None:
    """All local ports are taken, and there is no route."""
    pingmon.start()
    web, far = pingmon.add(A, *TCP, "80", *FAST), pingmon.add(B, *TCP, "80", *FAST)
    wait_for(pingmon, "up", web, far)
    lab.in_here("ip", "route", "add", "unreachable", f"{B}/32")
    lab.in_here("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40000")
    lab.nft("add rule inet lab input ip daddr 10.0.0.1 tcp dport 82 drop\n")
    taker = pingmon.add(A, *TCP, "82", "--interval", "0.2", "--timeout", "20", "--no_wait")
    until(lambda: listed(pingmon)[far]["state"] == "unknown", 40, "the address without a route")
    assert listed(pingmon)[far]["reason"] == "could not send: No route to host"
    words = "Cannot assign requested address"
    until(lambda: words in json.dumps(pingmon.status()), 40, "the operator to see it")
    assert [one["text"] for one in pingmon.messages() if " is down" in one["text"]] == []
    pingmon.ctl("del-mon", "--id", taker)


def test_what_is_no_setting_of_the_kind_or_missing_is_said(pingmon: Pingmon) -> None:
    pingmon.start()
    for more, words in (
        (("--mon_type", "tcp"), "mon_type tcp needs port"),
        (("--mon_type", "tcp", "--port", "0"), "port"),
        (("--mon_type", "tcp", "--port", "80", "--payload_size", "32"), "no setting of mon_type tcp"),
        (("--port", "80"), "port is no setting of mon_type ping"),
    ):
        command = ("add-mon", "--chat_id", "1001", "--ip_address", A, *more)
        done = pingmon.ctl(*command, check=False)
        assert done.returncode != 0 and words in done.stderr, (more, done.stderr)
    assert listed(pingmon) == {}
