"""A token shows nowhere: not in logs, outputs and errors, whatever fails."""

import json
import logging
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pingmon.channels.telegram.token_and_chat import parse_token
from pingmon.daemon.logging_setup import RedactingFormatter
from pingmon.model.redaction import hide_url, redact
from pingmon.text.printable import shown
from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon

A, B = "10.0.0.1", "10.0.0.2"
WRONG = "987654321:AAHanotherCanaryTokenNobodyMaySee_99"
SECRET = re.compile("CanaryToken")
TOKENS = st.from_regex(re.compile(r"[1-9]\d{0,15}:[A-Za-z0-9_-]{1,60}", re.ASCII), fullmatch=True)
HOURS = re.compile(r"\d{1,2}:\d\d-\d{1,2}")  # of the day, as in 8:00-18
AROUND = st.sampled_from(["", " ", "'", '"', "/", "=", "\n", "(", ",", "é", "токен "])


@given(TOKENS, st.sampled_from(["http://127.0.0.1:18081", "https://h:443/a/prefix", ""]))
def test_every_token_is_hidden_in_a_url(token: str, base: str) -> None:
    assert parse_token(token) == token
    assert redact(f"{base}/bot{token}/getMe") == f"{base}/bot<token>/getMe"
    encoded = token.replace(":", "%3A")
    assert redact(f"{base}/bot{encoded}/getMe") == f"{base}/bot<token>/getMe"


@given(TOKENS, AROUND, AROUND)
def test_every_token_is_hidden_in_a_text(token: str, before: str, after: str) -> None:
    secret = token.partition(":")[2]
    assume(not HOURS.fullmatch(token))
    shown = redact(f"{before}{token}{after}")
    if len(secret) >= 5 and not (secret.isdigit() and len(secret) == 5):
        assert shown == f"{before}bot<token>{after}"


@pytest.mark.parametrize(
    "text",
    [
        "HTTPConnectionPool(host='127.0.0.1', port=18081)",
        "http://127.0.0.1:18081/a and [fd00:1::1]:65535",
        "2026-11-24 22:03:50 UTC, 12:30:45.123456",
        "chat -1001234567890: suspended: 403 Forbidden",
        "fe80::1234:5678%eth0, 2001:db8:1234:5678:9abc:def0:1234:5678",
        "/var/lib/pingmon.toml:12: error",
        "quiet_hours none -> Mon-Fri 08:00-18:00; 22:00-07:00",
        "rack12:port-3 08:00-18:00 is not down",
    ],
)
def test_what_is_no_token_stays_readable(text: str) -> None:
    assert redact(text) == text


def test_a_secret_url_is_hidden_whole_shortened_and_without_its_host() -> None:
    url = "https://hooks.example/Canary/" + "x" * 100 + "?token=Canary"
    assert redact(f"asked {url}.") == f"asked {url}."
    hide_url(url)
    assert redact(f"asked {url}.") == "asked <url>."
    assert redact(f"{shown(url)} is not an address") == "'<url>…' is not an address"
    assert redact(f'"POST {url[21:]} HTTP/1.1" 204') == '"POST <url> HTTP/1.1" 204'
    assert redact("https://hooks.example/other") == "https://hooks.example/other"
    for length in range(len("https://hooks.example/Can"), len(url)):
        assert redact(f"[{url[:length]}]") == "[<url>]"


def test_what_stands_before_the_host_of_a_secret_url_is_hidden_too() -> None:
    hide_url("https://me:Canary@other.example/x")
    hide_url("scheme://CanaryTopic", is_host_secret=True)
    assert redact("no https://me:Canary@oth and scheme://CanaryTop") == "no <url> and <url>"


def test_of_secret_urls_that_begin_alike_each_is_hidden_whole() -> None:
    urls = [f"https://alike.example/services/T{n}Canary" for n in ("", "1", "12", "2")]
    urls += ["https://alik", "https://alike.example/services/T1"]
    for url in urls[:-2]:
        hide_url(url)
    hide_url(urls[-2], is_host_secret=True)
    hide_url(urls[-1])
    for url in urls:
        assert redact(f"asked {url}.") == "asked <url>."
        path = url.partition("alike.example")[2]
        assert not path or redact(f"POST {path} 204") == "POST <url> 204"


def test_a_secret_url_is_hidden_however_its_characters_are_written() -> None:
    url = "https://odd.example/say\"it'Canary\\Canary%Canary"
    hide_url(url)
    for text in (
        json.dumps(f"asked {url} twice"),
        repr(f"asked {url} twice"),
        f"asked {quote(url, ':/')} twice",
    ):
        shown_so = redact(text)
        assert "Canary" not in shown_so and "<url> twice" in shown_so, shown_so


def test_redaction_reaches_tracebacks() -> None:
    try:
        raise ValueError(f"http://x/bot{TOKEN}/sendMessage")
    except ValueError:
        record = logging.LogRecord("x", 40, "", 0, "failed %s", (TOKEN,), sys.exc_info())
    shown = RedactingFormatter("%(message)s").format(record)
    assert not SECRET.search(shown) and "Traceback" in shown


CRASH = """
import sys, threading, _thread, time, warnings
from pingmon.daemon import config, main
def fail(*_): raise ValueError(sys.argv[2])
def threads(self):
    one = threading.Thread(target=fail); one.start(); one.join()
    _thread.start_new_thread(fail, ())
    time.sleep(0.3)
    warnings.warn(sys.argv[2])
    fail()
if sys.argv[1] == "early": config.load = fail
else: main.Daemon.run = threads
sys.exit(main.main([]))
"""


@pytest.mark.parametrize(("moment", "tracebacks"), [("early", 1), ("late", 3)])
def test_a_crash_that_nobody_catches_shows_no_token(moment: str, tracebacks: int) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, moment, TOKEN], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == tracebacks and done.stderr.count("<token>") >= tracebacks
    assert not SECRET.search(done.stderr + done.stdout)


def say(pingmon: Pingmon, line: str) -> str:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        sock.connect(str(pingmon.socket))
        sock.sendall(line.encode() + b"\n")
        return sock.makefile().readline()


def malformed() -> list[str]:
    """Requests that hold a token where none belongs, or are no requests."""
    good = {"ip_address": A, "chat_id": "1001", "token": TOKEN, "verify": False}
    calls: list[tuple[str, dict[str, object]]] = [
        *(("add_mon", good | {key: TOKEN}) for key in ("ip_address", "chat_id", "mon_type", "language")),
        *(
            ("add_mon", good | {key: TOKEN})
            for key in ("interval", "false_alarms", "parent", "thread_id")
        ),
        ("add_mon", good | {TOKEN: 1}),
        ("add_mon", good | {"token": f"{TOKEN} "}),
        ("add_mon", good | {"token": [TOKEN]}),
        ("add_mon", {"ip_address": A, "chat_id": "1001", "bot": TOKEN}),
        ("import_mon", {"monitors": [good | {"chat_id": TOKEN}, good | {TOKEN: TOKEN}], "verify": False}),
        ("del_mon", {"id": TOKEN}),
        ("explain", {"id": TOKEN}),
        ("list_mon", {"after": TOKEN}),
        ("find_chat", {"token": TOKEN, "bot": TOKEN}),
        (TOKEN, {}),
    ]
    lines = [json.dumps({"jsonrpc": "2.0", "id": 1, "method": m, "params": p}) for m, p in calls]
    lines.append(f"[{', '.join(lines)}]")
    positional = {"jsonrpc": "2.0", "id": 1, "method": "add_mon", "params": [TOKEN]}
    return [
        *lines,
        json.dumps(positional),
        f'{{"token": "{TOKEN}"',
        f'"{TOKEN}"',
        f'{{"method": "{TOKEN}"}}',
    ]


@pytest.mark.timeout(300)
def test_the_token_shows_nowhere_whatever_fails(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    shown: list[str] = []

    def run(*arguments: str, token: str = TOKEN) -> None:
        done = pingmon.ctl(*arguments, check=False, PINGMON_TOKEN=token)
        shown.append(done.stdout + done.stderr)

    pingmon.start("--log-level=debug")
    fast = ("--interval", "1", "--timeout", "1")
    first = pingmon.add(A, *fast)
    pingmon.wait_state("up", A)
    add = ("add-mon", "--ip_address", B, "--chat_id")
    run(*add, "1001", token=WRONG)
    run(*add, "1001", "--no_verify", token=WRONG)
    run(*add, "4242")
    run(*add, TOKEN)
    run(*add, "1001", "--bot", TOKEN)
    lab.unplug(A, B)
    for mood in ("always=500", "always=502", "always=429", "always=before", "always=after", ""):
        assert pingmon.api is not None
        pingmon.api.kill()
        pingmon.api.wait()
        if mood:
            pingmon.start_api(mood)
        for command in ((*add, "1002"), ("test-mon", "--id", first), ("find-chat",)):
            run(*command)
        run("find-chat", token=WRONG)
    for command in (("status",), ("list-mon",), ("export",), ("explain", "--id", first)):
        run(*command)
        run(*command, "-o", "json")
    lines = [*malformed(), json.dumps({"jsonrpc": "2.0", "id": 1, "method": "rpc.discover"})]
    shown += [say(pingmon, line) for line in lines]
    assert all(shown[-len(lines) :])
    for proxy in ("http://127.0.0.1:9", "socks5h://127.0.0.1:9"):
        pingmon.stop()
        pingmon.start("--log-level=debug", f"--proxy={proxy}")
        run(*add, "1002")
        run("test-mon", "--id", first)
        run("find-chat")
    (tmp_path / "token").write_text(f"{TOKEN} and more")
    config = tmp_path / "pingmon.toml"
    config.write_text(f'[bots.home]\ntoken_file = "{tmp_path / "token"}"\n')
    check = [str(Path(sys.executable).parent / "pingmond"), f"--config={config}", "--check-config"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 1
    shown.append(done.stdout + done.stderr)
    log = pingmon.log.read_text()
    assert "urllib3" in log or "POST /bot<token>/" in log  # the debug lines of the HTTP library
    for text in (*shown, log):
        assert not SECRET.search(text), text[:2000]
