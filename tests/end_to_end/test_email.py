"""E-mail through the real daemon: to a real postfix, and what remains when the daemon is killed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.lab import Lab, Pingmon, until
from tests.support.mail_server import html_text, plain_text
from tests.support.other_sides import Receiver
from tests.support.postfix import Postfix, need_postfix

A, B = "10.0.0.1", "10.0.0.2"
FAST = ("--interval", "1", "--timeout", "1")
ANNA, GREY = "anna@example.org", "grey@example.org"
FROM = 'from = "Pingmon <pingmon@example.org>"'


def configure(pingmon: Pingmon, *lines: str) -> str:
    file = pingmon.directory / "pingmon.toml"
    file.write_text("\n".join(("uplink = []", "[smtp]", FROM, *lines)))
    return f"--config={file}"


def add(pingmon: Pingmon, address: str, *more: str) -> str:
    return pingmon.ctl("add-mon", "--ip_address", address, *FAST, *more).stdout.strip()


def delivery(pingmon: Pingmon, address: str) -> str:
    return str(pingmon.monitors()[address]["delivery"])


@pytest.fixture
def postfix(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> Iterator[Postfix]:
    need_postfix()
    authority = Authority(tmp_path)
    pem = authority.sign("mail", "DNS:localhost,IP:127.0.0.1")
    inside = ("ip", "netns", "exec", lab.here)
    made = Postfix(2587, pem, ("anna", "grey"), *inside)
    config = configure(pingmon, 'host = "127.0.0.1"', "port = 2587", f'ca_file = "{authority.ca_file}"')
    pingmon.start(config)
    yield made
    made.stop()


def test_a_real_mail_server_delivers_an_outage_and_its_end_as_one_thread(
    lab: Lab, pingmon: Pingmon, postfix: Postfix
) -> None:
    number = add(pingmon, A, "--email", ANNA, "--name", "printer")
    refused = pingmon.ctl("add-mon", "--ip_address", B, "--email", "nobody@example.org", check=False)
    assert (
        refused.returncode == 1
        and "550 5.1.1" in refused.stderr
        and "check the address" in refused.stderr
    )
    assert "delivered to email anna@example.org" in pingmon.ctl("test-mon", number).stdout
    pingmon.wait_state("up", A)
    lab.unplug(A)
    until(lambda: len(postfix.mails("anna")) == 2, 30, "the mail of the outage")
    lab.plug(A)
    until(lambda: len(postfix.mails("anna")) == 3, 30, "the mail of its end")
    test, down, up = postfix.mails("anna")
    assert test["Subject"] == "pingmon: a test for printer (10.0.0.1)"
    assert down["Subject"] == "🔴 printer (10.0.0.1) is down: no reply"
    assert "<b>printer</b> (10.0.0.1)" in html_text(down) and "since " in plain_text(down)
    assert up["Subject"].startswith("🟢 printer") and up["In-Reply-To"] == down["Message-ID"]
    assert down["Auto-Submitted"] == "auto-generated" and down["From"] == "Pingmon <pingmon@example.org>"
    assert pingmon.messages() == []  # nobody has a bot
    (row,) = pingmon.monitors().values()
    assert (row["email"], row["chat_id"], row["bot"]) == (ANNA, None, None)
    assert ANNA in pingmon.ctl("list-mon", "-o", "wide").stdout
    assert f"email {ANNA}: well delivered" in pingmon.ctl("show-mon", number).stdout


def test_a_recipient_that_is_greylisted_waits_and_holds_nobody_back(
    lab: Lab, pingmon: Pingmon, postfix: Postfix
) -> None:
    postfix.answer(GREY, "450 4.2.0 come back later")
    add(pingmon, A, "--email", GREY, "--email", ANNA)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    until(lambda: len(postfix.mails("anna")) == 1, 30, "the other mail")
    until(lambda: delivery(pingmon, A).startswith("450 4.2.0"), 30, "the first try")
    assert "suspended" not in delivery(pingmon, A) and postfix.mails("grey") == []
    postfix.answer(GREY, "")
    until(lambda: len(postfix.mails("grey")) == 1, 90, "the mail that waited")
    assert delivery(pingmon, A) == "ok"


def test_a_kill_between_a_mail_and_its_answer_makes_at_most_a_double(lab: Lab, pingmon: Pingmon) -> None:
    """Of one Message-ID, by which mail programs show it once."""
    server = Receiver(pingmon, "mail_server", 2525, "hold")
    config = configure(pingmon, 'host = "127.0.0.1"', "port = 2525", 'security = "none"')
    pingmon.start(config)
    add(pingmon, A, "--email", ANNA)
    pingmon.wait_state("up", A)
    lab.unplug(A)
    server.wait(1)
    pingmon.stop(signal.SIGKILL)
    server.restart()
    pingmon.start(config)
    first, second = server.wait(2)
    assert first["message_id"] == second["message_id"] and first["subject"] == second["subject"]
    lab.plug(A)
    end = server.wait(3)[2]
    assert end["in_reply_to"] == first["message_id"] and "up again" in end["subject"]


def test_a_password_that_is_refused_suspends_all_until_a_reload_brings_the_right_one(
    lab: Lab, pingmon: Pingmon
) -> None:
    secret = pingmon.directory / "smtp.password"
    secret.write_text("wrong-canary\n")
    secret.chmod(0o600)
    server = Receiver(pingmon, "mail_server", 2525, "login=pingmon:right-canary")
    lines = ('host = "127.0.0.1"', "port = 2525", 'security = "none"', 'user = "pingmon"')
    pingmon.start(configure(pingmon, *lines, f'password_file = "{secret}"'))
    refused = pingmon.ctl("add-mon", "--ip_address", A, "--email", ANNA, check=False)
    assert refused.returncode == 1 and "535" in refused.stderr
    add(pingmon, A, "--email", ANNA, "--no_verify")
    add(pingmon, B, "--email", GREY, "--no_verify")
    add(pingmon, "10.0.0.3", "--email", GREY, "--no_verify")  # which answers: so silence is theirs
    pingmon.wait_state("up", A, B)
    lab.unplug(A, B)
    until(lambda: delivery(pingmon, B).startswith("suspended: the account: 535"), 30, "the suspension")
    assert delivery(pingmon, A) == delivery(pingmon, B) and server.messages() == []
    secret.write_text("right-canary\n")
    assert pingmon.daemon is not None
    pingmon.daemon.send_signal(signal.SIGHUP)
    assert {one["to"] for one in server.wait(2)} == {ANNA, GREY}
    until(lambda: delivery(pingmon, A) == "ok" == delivery(pingmon, B), 10, "all to be well")
    assert "canary" not in pingmon.log.read_text()
