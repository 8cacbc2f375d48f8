"""The pinger on real packets: forged replies, duplicates, late replies, datagram sockets."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.lab import Lab, Pingmon
from tests.support.paths import ROOT

A, B = "10.0.0.1", "10.0.0.2"


@contextmanager
def forger(lab: Lab, kind: str, device: str) -> Iterator[None]:
    command = [
        "ip",
        "netns",
        "exec",
        lab.peer,
        sys.executable,
        "-m",
        "tests.support.spoofed_replies",
        kind,
        device,
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.wait()


def probe(lab: Lab, script: str, *wrap: str) -> str:
    """Run a script against a real PingScheduler in the lab; `results(n)` waits for n results."""
    head = """
        import queue, sys
        from pingmon.model.probe_result import ReplyBatch
        from pingmon.probes.icmp.scheduler import PingScheduler
        from pingmon.probes.icmp.target import EchoTarget
        inbox = queue.Queue()
        def results(n):
            got = []
            while len(got) < n:
                batch = inbox.get(timeout=20)
                got += batch.results() if isinstance(batch, ReplyBatch) else batch
            return got
        def watch(address, timeout=1.0, interval=1.0):
            target = EchoTarget(address, interval, timeout, inbox.put, pinger)
            pinger.add(target)
            return target
        pinger = PingScheduler(4)
        pinger.start()
    """
    code = textwrap.dedent(head) + textwrap.dedent(script)
    done = subprocess.run(
        ["ip", "netns", "exec", lab.here, *wrap, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_reply_from_the_wrong_address_is_no_reply(lab: Lab, pingmon: Pingmon) -> None:
    lab.unplug(A)
    with forger(lab, "spoof", A):
        pingmon.start()
        pingmon.add(A, "--interval", "1", "--timeout", "1")
        pingmon.wait_state("down", A)


def test_duplicates_are_counted_once_each_and_change_nothing(lab: Lab) -> None:
    with forger(lab, "duplicate", A):
        out = probe(
            lab, f"p = watch('{A}'); r = results(4); print(*[x.outcome for x in r], p.duplicates)"
        )
    *outcomes, duplicates = out.split()
    assert outcomes == ["reply"] * 4
    assert int(duplicates) >= 3


@pytest.mark.parametrize("pace", ["SETTLED", "CONFIRMING"])
def test_losses_are_a_second_apart_though_a_probe_is_wanted_again_and_again(lab: Lab, pace: str) -> None:
    """Losses that are closer together are those of one burst, and must not count as many."""
    lab.unplug(A)
    out = probe(
        lab,
        f"""
        import threading, time
        from pingmon.model.prober_protocols import Pace
        target = EchoTarget('{A}', 0.2, 1.0, inbox.put, pinger)
        target.start(Pace.{pace})
        def want():
            while True:
                target.probe_now()
                time.sleep(0.02)
        threading.Thread(target=want, daemon=True).start()
        lost = results(4)
        print(*(second.sent_at - first.sent_at for first, second in zip(lost, lost[1:])))
        """,
    )
    assert min(map(float, out.split())) > 0.95


def test_late_replies_are_recognised(lab: Lab) -> None:
    # No reply can be that quick, so each one comes late.
    out = probe(lab, f"p = watch('{A}', timeout=1e-6); r = results(3); print(r[0].outcome, p.late)")
    outcome, late = out.split()
    assert outcome == "timeout" and int(late) >= 1


def test_a_call_that_wakes_the_pinger_too_late_does_not_keep_it_awake(lab: Lab) -> None:
    probe(
        lab,
        """
        import os, select, time
        os.eventfd_write(pinger._wake, 1)  # as by who was heard before he knocked
        deadline = time.monotonic() + 5
        while select.select([pinger._wake], [], [], 0)[0]:
            assert time.monotonic() < deadline, "still knocking"
            time.sleep(0.01)
        """,
    )


def test_datagram_sockets_without_privilege_and_the_error_queue(lab: Lab) -> None:
    lab.in_here("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647")
    lab.unplug(B, into="refused")
    drop = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all")
    script = f"""
        assert not pinger.socket.raw
        watch('{A}'); print(*[x.outcome for x in results(2)])
        watch('{B}'); print([x.detail for x in results(4) if x.detail][0])
    """
    replies, error = probe(lab, script, *drop).splitlines()
    assert replies == "reply reply"
    assert "host unreachable (type 3, code 1) from" in error


def test_neither_socket_is_allowed_names_both_remedies(lab: Lab, tmp_path: Path) -> None:
    from tests.support.lab import BIN

    tmp_path.chmod(0o777)
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    command = [str(BIN / "pingmond"), f"--socket={tmp_path}/s", f"--state-dir={tmp_path}/d"]
    inside = ["ip", "netns", "exec", lab.here]
    lab.in_here("sysctl", "-qw", "net.ipv4.ping_group_range=1 0")
    done = subprocess.run([*inside, *drop, *command], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "CAP_NET_RAW" in done.stderr and "ping_group_range" in done.stderr
