"""Handshakes and certificates, through the real client and the real daemon."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.lab import Lab, Pingmon, until

A = "10.0.0.1"
FAST = ("--interval", "1", "--timeout", "2", "--max_delay", "10", "--no_wait")


@contextmanager
def serving(lab: Lab, port: int, files: tuple[Path, Path]) -> Iterator[None]:
    certificate, key = map(str, files)
    command = ["ip", "netns", "exec", lab.peer, "openssl", "s_server", "-accept", str(port), "-quiet"]
    child = subprocess.Popen([*command, "-cert", certificate, "-key", key], stdin=subprocess.PIPE)
    try:
        yield
    finally:
        child.kill()
        child.wait()


def test_a_certificate_is_told_before_it_ends_once_and_when_it_ended(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    soon = authority.sign("soon", f"IP:{A},DNS:a.example", days=10)
    ended = authority.sign("ended", f"IP:{A}", days=-1)
    pingmon.start()
    with serving(lab, 443, soon):
        add = ("--mon_type", "tls", "--ca_file", str(authority.ca_file), *FAST)
        number = pingmon.add(A, *add)
        other = pingmon.add(A, *add, "--server_name", "b.example", "--cert_days", "0")
        until(lambda: state(pingmon, number)[0] == "up", 30, "it to be up")
        until(lambda: state(pingmon, other)[0] == "unknown", 30, "the other name to be refused")
        (told,) = (one["text"] for one in pingmon.wait_messages(1) if "unseen" not in one["text"])
        assert "certificate" in told and f"{A} port 443, TLS" in told
    with serving(lab, 443, ended):
        until(lambda: state(pingmon, number)[0] == "down", 40, "it to be down")
        until(lambda: any("is down" in one["text"] for one in pingmon.messages()), 20, "it to be told")
        texts = [one["text"] for one in pingmon.messages()]
    assert sum("is down" in one for one in texts) == 1
    assert any("the certificate ended on" in one for one in texts)


def state(pingmon: Pingmon, number: str) -> tuple[str, str]:
    found = pingmon.listed()
    return next((one["state"], one["reason"]) for one in found if one["id"] == number)
