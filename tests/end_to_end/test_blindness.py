"""Silence never means that all is well: what can't be seen is told within the bound."""

import time
from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, Pingmon, run, until

A, B, C = "10.0.0.1", "10.0.1.1", "10.0.2.1"
BOUND = 5.0  # s, of these settings
SETTINGS = ("--interval", "1", "--timeout", "1", "--max_delay", "5")
TOLD_WITHIN = BOUND + 15.0
MARGIN = 3.0  # s, until the message is delivered and read


@pytest.fixture(autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """How long each test takes until it is told can be read with `pytest -rP`."""
    yield


def told_after(pingmon: Pingmon, began: float, *words: str) -> float:
    """Seconds until a message has all these words; at most what is promised."""

    def told() -> bool:
        return any(all(word in one["text"] for word in words) for one in pingmon.messages())

    try:
        until(told, TOLD_WITHIN + MARGIN - (time.monotonic() - began), f"to be told {words}")
    except TimeoutError:
        texts = [one["text"] for one in pingmon.messages()]
        raise AssertionError(f"{words} not among {texts}; {pingmon.log.read_text()[-2000:]}") from None
    took = time.monotonic() - began
    print(f"told after {took:.1f} s: {words}")
    return took


def watch(pingmon: Pingmon, *addresses: str) -> None:
    for address in addresses:
        pingmon.add(address, *SETTINGS)
    pingmon.wait_state("up", *addresses)


@pytest.mark.parametrize(
    ("breaks", "mends", "words"),
    [
        (
            "route del 10.0.0.0/16",
            "route add 10.0.0.0/16 via 10.99.0.2",
            "Network is unreachable",
        ),
        ("addr del 10.99.0.1/24 dev v0", None, "Network is unreachable"),
        ("link set v0 down", None, "Network is unreachable"),
    ],
)
def test_a_way_out_that_is_gone_is_told(
    lab: Lab, pingmon: Pingmon, breaks: str, mends: str | None, words: str
) -> None:
    """Row 1."""
    pingmon.start()
    watch(pingmon, A, B)
    began = time.monotonic()
    run("ip", "-n", lab.here, *breaks.split())
    until(lambda: pingmon.status()["health"] != "ok", 10, "health")
    told_after(pingmon, began, "can't see 2 of 2 devices", words)
    seen = pingmon.monitors()
    assert {(one["state"], one["reason"]) for one in seen.values()} == {
        ("unknown", f"could not send: {words}")
    }
    assert [one["targets"] for one in pingmon.status()["local_errors"]] == [2]
    if mends is None:
        return
    run("ip", "-n", lab.here, *mends.split())
    pingmon.wait_state("up", A, B)
    until(lambda: "can see again" in pingmon.messages()[-1]["text"], 15, "the end to be told")
    until(lambda: pingmon.status()["health"] == "ok", 5, "health")
    assert len(pingmon.messages()) == 2
    log = pingmon.log.read_text()
    assert log.count("could not send") == 3, log  # begun, told, ended


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("route add unreachable 10.0.0.1/32", "No route to host"),
        ("route add prohibit 10.0.0.1/32", "Permission denied"),
        ("route add blackhole 10.0.0.1/32", "Invalid argument"),
        ("nft", "Operation not permitted"),
    ],
)
def test_a_device_that_the_kernel_refuses_is_told_in_its_words(
    lab: Lab, pingmon: Pingmon, rule: str, words: str
) -> None:
    """Row 3."""
    pingmon.start()
    watch(pingmon, A, B)
    began = time.monotonic()
    if rule == "nft":
        lab.in_here(
            "nft",
            "add table inet f; add chain inet f o { type filter hook output priority 0; }; "
            f"add rule inet f o ip daddr {A} drop",
        )
    else:
        run("ip", "-n", lab.here, *rule.split())
    told_after(pingmon, began, "can't see", A, words)
    assert pingmon.monitors()[A]["reason"] == f"could not send: {words}"
    assert pingmon.monitors()[B]["state"] == "up"
    assert len(pingmon.messages()) == 1


def test_a_neighbour_that_is_not_there_is_down(lab: Lab, pingmon: Pingmon) -> None:
    """Row 4: the kernel says host unreachable from our own address; that is a loss."""
    run("ip", "-n", lab.peer, "addr", "add", "10.99.0.7/24", "dev", "v1")
    pingmon.start()
    watch(pingmon, "10.99.0.7", A)
    began = time.monotonic()
    run("ip", "-n", lab.peer, "addr", "del", "10.99.0.7/24", "dev", "v1")
    run("ip", "-n", lab.here, "neigh", "flush", "dev", "v0")
    told_after(pingmon, began, "10.99.0.7", "is down")


def test_a_device_that_never_answered_is_told_once(lab: Lab, pingmon: Pingmon) -> None:
    """Row 12."""
    lab.unplug(A, B)
    pingmon.start()
    began = time.monotonic()
    pingmon.add(A, *SETTINGS)
    pingmon.ctl("add-mon", "--chat_id", "1001", "--ip_address", B, *SETTINGS, "--no-tell_unseen")
    told_after(pingmon, began, A, "has not answered since it was added")
    assert "no reply since it was added" in pingmon.monitors()[A]["reason"]
    assert pingmon.monitors()[A]["seen"] is None
    pingmon.stop()
    pingmon.start()
    lab.plug(A, B)
    pingmon.wait_state("up", A, B)
    until(lambda: "answers, for the first time" in pingmon.messages()[-1]["text"], 15, "its first reply")
    assert len(pingmon.messages()) == 2 and "again" not in pingmon.messages()[-1]["text"]
