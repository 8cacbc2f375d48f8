"""Webhooks through the real daemon: what is told, what is refused, what a reload changes."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.lab import Lab, Pingmon, until
from tests.support.other_sides import Receiver
from tests.support.webhook_receiver import SECRET

A, B = "10.0.0.1", "10.0.0.2"
FAST = ("--interval", "1", "--timeout", "1")
PATH = "/hook/CanaryPath?token=CanaryQuery"
SCREEN = "http://127.0.0.1:8090/..."


@pytest.fixture
def receiver(pingmon: Pingmon) -> Receiver:
    return Receiver(pingmon, "webhook_receiver", 8090)


def configure(pingmon: Pingmon, *lines: str) -> str:
    file = pingmon.directory / "pingmon.toml"
    file.write_text("\n".join(("uplink = []", "[webhook]", *lines)))
    return f"--config={file}"


def add(pingmon: Pingmon, receiver: Receiver, address: str, *more: str, path: str = PATH) -> str:
    url = f"http://127.0.0.1:{receiver.port}{path}"
    return pingmon.ctl("add-mon", "--webhook", url, "--ip_address", address, *FAST, *more).stdout.strip()


def delivery(pingmon: Pingmon, address: str) -> str:
    return str(pingmon.monitors()[address]["delivery"])


def test_an_outage_is_posted_and_its_end_without_telegram(
    lab: Lab, pingmon: Pingmon, receiver: Receiver
) -> None:
    """A monitor whose only channel is a webhook; the test message, too."""
    pingmon.start(configure(pingmon, "allow_private = true"))
    number = add(pingmon, receiver, A, "--name", "printer", "--tag", "site=berlin")
    assert add(pingmon, receiver, A, "--name", "printer", "--tag", "site=berlin") == number
    pingmon.ctl("test-mon", "--id", number)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    receiver.wait(2)
    lab.plug(A)
    test, down, up = (one["events"][0] for one in receiver.wait(3))
    assert [test["type"], down["type"], up["type"]] == ["test", "down", "up"]
    for one in (test, down, up):
        assert one["monitor"]["id"] == number and one["monitor"]["tags"] == ["site=berlin"]
    assert down["reason"] == "no reply" and up["previous_seconds"] > 0
    assert len({one["id"] for one in receiver.messages()}) == 3
    assert pingmon.messages() == [] and receiver.messages()[1]["text"].startswith("🔴 printer (10.0.0.1)")
    shown = pingmon.ctl("list-mon", "-o", "wide").stdout
    assert SCREEN in shown and "Canary" not in shown


def test_a_receiver_that_is_gone_is_suspended_and_told_all_when_it_is_back(
    lab: Lab, pingmon: Pingmon, receiver: Receiver
) -> None:
    pingmon.start(configure(pingmon, "allow_private = true"))
    add(pingmon, receiver, A)
    add(pingmon, receiver, B, path="/other")
    pingmon.wait_state("up", A, B)
    receiver.restart("always=410")
    lab.unplug(A)
    until(lambda: delivery(pingmon, A) == "suspended: HTTP 410 Gone", what="it to be suspended")
    assert delivery(pingmon, B) == "ok"
    waiting = pingmon.ctl("outbox", "list").stdout
    assert SCREEN in waiting and "410" in waiting and "Canary" not in waiting
    receiver.restart()
    pingmon.ctl("outbox", "retry")
    (one,) = receiver.wait(1)
    assert one["events"][0]["type"] == "down"
    until(lambda: delivery(pingmon, A) == "ok", what="it to be well")


def test_what_comes_twice_has_the_same_id(lab: Lab, pingmon: Pingmon, receiver: Receiver) -> None:
    pingmon.start(configure(pingmon, "allow_private = true"))
    add(pingmon, receiver, A)
    pingmon.wait_state("up", A)
    receiver.restart("always=after")
    lab.unplug(A)
    receiver.wait(1)
    pingmon.stop(9)
    receiver.restart()
    pingmon.start(configure(pingmon, "allow_private = true"))
    until(lambda: pingmon.status()["outbox"]["waiting"] == 0, what="all to be told")
    arrived = receiver.messages()
    assert len(arrived) >= 2 and len({one["id"] for one in arrived}) == 1
    assert [one["lost"] for one in arrived][-1] is False


def test_private_addresses_are_refused_until_they_are_allowed(
    pingmon: Pingmon, receiver: Receiver
) -> None:
    pingmon.start(configure(pingmon))
    url = f"http://localhost:{receiver.port}{PATH}"
    refused = pingmon.ctl("add-mon", "--webhook", url, "--ip_address", A, check=False)
    assert refused.returncode == 1 and "this machine, which is not allowed" in refused.stderr
    assert "allow_private = true in the table [webhook]" in refused.stderr
    unchecked = pingmon.ctl("add-mon", "--webhook", url, "--ip_address", A, "--no_verify").stdout.strip()
    tested = pingmon.ctl("test-mon", "--id", unchecked, check=False)
    assert tested.returncode == 1 and "not allowed" in tested.stderr
    assert receiver.messages() == []
    configure(pingmon, "allow_private = true")
    assert pingmon.daemon is not None
    pingmon.daemon.send_signal(1)  # SIGHUP

    def arrives() -> bool:
        return pingmon.ctl("test-mon", "--id", unchecked, check=False).returncode == 0

    until(arrives, what="the reload to be in force")
    assert "Canary" not in refused.stderr + tested.stderr


def test_what_is_posted_is_signed_with_the_secret_of_the_configuration(
    pingmon: Pingmon, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    receiver.restart(f"secret={SECRET}")
    pingmon.start(configure(pingmon, "allow_private = true", f"secret_file = {json.dumps(str(secret))}"))
    number = add(pingmon, receiver, A)
    pingmon.ctl("test-mon", "--id", number)
    assert len(receiver.messages()) == 1
    secret.write_text("whsec_short\n")
    check = [*pingmon.pingmond, f"--config={pingmon.directory / 'pingmon.toml'}", "--check-config"]
    wrong = subprocess.run(check, capture_output=True, text=True)
    assert wrong.returncode == 1 and "24 to 64 bytes in Base64" in wrong.stderr
    assert "short" not in wrong.stderr


def test_a_webhook_is_exported_by_its_name_and_known_by_that(
    pingmon: Pingmon, receiver: Receiver, tmp_path: Path
) -> None:
    """What is exported holds no secret; here it is taken again, elsewhere it is not."""
    pingmon.start(configure(pingmon, "allow_private = true"))
    add(pingmon, receiver, A)
    for kind in ("csv", "jsonl", "toml"):
        table = tmp_path / f"monitors.{kind}"
        table.write_text(pingmon.ctl("export", "--format", kind).stdout)
        assert SCREEN in table.read_text() and "Canary" not in table.read_text()
        same = json.loads(pingmon.ctl("apply", str(table), "--yes", "-o", "json").stdout)
        assert same == {"created": 0, "changed": 0, "deleted": 0}
    pingmon.ctl("del-mon", A)
    pingmon.ctl("import", str(table))
    pingmon.ctl("test-mon", A)
    assert len(receiver.messages()) == 1


def test_a_webhook_is_read_from_a_file_and_no_list_of_processes_shows_it(
    pingmon: Pingmon, receiver: Receiver, tmp_path: Path
) -> None:
    pingmon.start(configure(pingmon, "allow_private = true"))
    (tmp_path / "url").write_text(f"http://127.0.0.1:{receiver.port}{PATH}\n")
    number = pingmon.ctl(
        "add-mon", "--webhook_file", str(tmp_path / "url"), "--ip_address", A, *FAST
    ).stdout.strip()
    pingmon.ctl("test-mon", "--id", number)
    assert receiver.messages()[0]["to"] == PATH


def test_a_second_webhook_is_told_besides_and_taken_away_by_its_name(
    lab: Lab, pingmon: Pingmon, receiver: Receiver
) -> None:
    """And beside a chat of Telegram, whose message it does not wait for."""
    pingmon.start(configure(pingmon, "allow_private = true"))
    base = f"http://127.0.0.1:{receiver.port}"
    number = pingmon.add(A, *FAST, "--webhook", f"{base}/CanaryOne", "--webhook", f"{base}/CanaryTwo")
    pingmon.ctl("edit-mon", "--id", number, "--add_webhook", f"{base}/CanaryThree")
    pingmon.ctl("test-mon", "--id", number)
    assert {one["to"] for one in receiver.messages()} == {"/CanaryOne", "/CanaryTwo", "/CanaryThree"}
    assert len(pingmon.messages()) == 1
    shown = pingmon.ctl("list-mon", "-o", "json").stdout
    names = [one["webhook"] for one in json.loads(shown)["monitors"][0]["channels"] if one["webhook"]]
    assert len(names) == 3 and all(one.startswith(SCREEN) for one in names)
    changed = pingmon.ctl("edit-mon", "--id", number, "--remove_webhook", names[1])
    pingmon.wait_state("up", A)
    lab.unplug(A)
    told = receiver.wait(5)[3:]
    assert {one["to"] for one in told} == {"/CanaryOne", "/CanaryThree"}
    assert len({one["id"] for one in told}) == 2
    assert "Canary" not in shown + changed.stdout + changed.stderr + pingmon.ctl("log").stdout
