"""Monitors of the kinds http and dns: down with the reason, up again, certificates that end soon."""

import json
import re
import socket
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.lab import Lab, Pingmon, during, until
from tests.support.nginx import Nginx, need_nginx
from tests.support.unbound import Unbound, need_unbound

A, B, NAMES = "10.0.0.1", "10.0.0.2", "10.0.0.3"
QUICK = ("--interval", "1", "--timeout", "1", "--down_after", "2")


def shop(lab: Lab, directory: Path) -> Nginx:
    """At all addresses of the other side; it is broken while there is a file of that name."""
    need_nginx()
    (directory / "web").mkdir()
    authority = Authority(directory / "web", "authority")
    files = authority.sign("shop", "DNS:shop.example", days=10)
    server = f"""
    server {{ listen 80; listen 443 ssl; server_name _;
        ssl_certificate {files[0]}; ssl_certificate_key {files[1]};
        location / {{
            if (-f {directory}/broken) {{ return 503; }}
            return 200 "key $http_x_key, user $remote_user, host $host\\n";
        }} }}"""
    return Nginx(directory / "web", server, 80, "ip", "netns", "exec", lab.peer)


def texts(pingmon: Pingmon) -> list[str]:
    return [re.sub(r"<[^>]*>", "", str(one["text"])) for one in pingmon.messages()]


def wait_text(pingmon: Pingmon, part: str) -> str:
    until(lambda: any(part in one for one in texts(pingmon)), 30, f"{part!r} in {texts(pingmon)}")
    return next(one for one in texts(pingmon) if part in one)


def test_web_server_that_breaks_is_told_with_its_answer(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    nginx = shop(lab, tmp_path)
    try:
        pingmon.start()
        url = ("--mon_type", "http", "--url", "http://shop.example/")
        pingmon.add(A, *url, "--header", "X-Key: k1", "--expect_text", "key k1", "--name", "shop", *QUICK)
        pingmon.wait_state("up", A)
        (tmp_path / "broken").touch()
        down = wait_text(pingmon, "is down")
        assert "shop (http://shop.example/, 10.0.0.1) is down: answered 503 Service Unavailable" in down
        assert pingmon.monitors()[A]["reason"] == "answered 503 Service Unavailable"
        (tmp_path / "broken").unlink()
        wait_text(pingmon, "shop (http://shop.example/, 10.0.0.1) is up again")
        nginx.stop()
        assert "is down: connection refused" in wait_text(pingmon, "refused")
    finally:
        nginx.stop()


def test_certificate_that_ends_soon_is_told_once(lab: Lab, pingmon: Pingmon, tmp_path: Path) -> None:
    nginx = shop(lab, tmp_path)
    try:
        pingmon.start()
        trusted = ("--ca_file", str(tmp_path / "web/authority.pem"))
        url = ("--mon_type", "http", "--url", "https://shop.example/")
        pingmon.add(A, *url, *trusted, "--language", "ru", *QUICK)
        pingmon.add(B, *url, *trusted, "--cert_days", "5", *QUICK)
        pingmon.wait_state("up", A, B)
        told = wait_text(pingmon, "сертификат")
        ends = pingmon.monitors()[A]["certificate_ends"]
        words = rf"🟡 сертификат .*shop.example/ \(10.0.0.1\) закончится через (9|10) дней, {ends[:10]}"
        assert re.fullmatch(words, told)
        shown = pingmon.ctl("show-mon", B).stdout
        assert f"its certificate, on {ends[:10]}" in shown
        assert f"its certificate, on {ends[:10]}" in pingmon.ctl("explain", B).stdout
        pingmon.stop()
        pingmon.start()
        until(
            lambda: pingmon.monitors()[A]["certificate_ends"] == ends, what="the certificate to be seen"
        )
        pingmon.wait_state("up", A, B)
        during(3, lambda: len(pingmon.messages()) == 1, "one message")
    finally:
        nginx.stop()


def test_name_server_that_answers_wrongly_or_not_at_all(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    need_unbound()
    enter = ("ip", "netns", "exec", lab.peer)
    zones, records = ["example."], ["www.example. 60 IN A 192.0.2.1"]
    unbound = Unbound(tmp_path / "names", 53, zones, records, NAMES, *enter)
    try:
        pingmon.start()
        dns = ("--mon_type", "dns", "--query", "www.example")
        pingmon.add(NAMES, *dns, "--expect", "192.0.2.1", *QUICK)
        pingmon.wait_state("up", NAMES)
        unbound.stop()
        unbound = Unbound(tmp_path / "names", 53, zones, [], NAMES, *enter)
        assert "there is no such name (NXDOMAIN)" in wait_text(pingmon, "is down")
        unbound.stop()
        unbound = Unbound(tmp_path / "names", 53, zones, records, NAMES, *enter)
        wait_text(pingmon, "is up again")
        unbound.stop()
        assert "nothing listens on UDP port 53" in wait_text(pingmon, "nothing listens")
    finally:
        unbound.stop()


CANARY = "CanaryOfHeaders"


def everything_shown(pingmon: Pingmon, monitor: str, directory: Path) -> str:
    """What all commands say about it, also when something is wrong."""
    shown = []
    for command in (
        *(("list-mon",), ("list-mon", "-o", "json"), ("show-mon", monitor)),
        ("show-mon", monitor, "-o", "json"),
        *(("explain", monitor), ("explain", monitor, "-o", "json"), ("status", "-o", "json")),
        *(("log", "-o", "json"), ("log",), ("outbox", "list", "-o", "json")),
        *(("export", "--format", one) for one in ("csv", "jsonl", "toml")),
        ("edit-mon", monitor, "--header", f"X Y: {CANARY}"),
        ("edit-mon", monitor, "--auth", f"{CANARY}"),
        ("edit-mon", monitor, "--header", f"X-Key: {CANARY}é"),
        ("edit-mon", monitor, "--header", f"X-Key: {CANARY}2", "--dry_run"),
        ("edit-mon", monitor, "--header", f"X-Key: {CANARY}2"),
        ("edit-mon", monitor, "--header", f"X-Key: {CANARY}"),
    ):
        done = pingmon.ctl(*command, check=False)
        shown.append(done.stdout + done.stderr)
    wrong = directory / "wrong.jsonl"
    row = {"mon_type": "http", "url": "http://a.example/", "chat_id": "1001", "expect_json": ["x"]}
    rows = [{"header": [CANARY], "auth": CANARY}, {"header": [f"X: {CANARY}"], "auth": f"me:{CANARY}"}]
    wrong.write_text("\n".join(json.dumps(row | one) for one in rows))
    right = directory / "right.jsonl"
    secrets = {"header": [f"X: {CANARY}"], "auth": f"me:{CANARY}", "bot": "ping_bot"}
    right.write_text(json.dumps(row | secrets | {"expect_json": []}))
    for verb in ("import", "apply"):
        done = pingmon.ctl(verb, str(right), "--dry_run", check=False)
        assert done.returncode == 0 and "http://a.example/" in done.stdout
        shown.append(done.stdout + done.stderr)
    for more in ((), ("--dry_run",)):
        done = pingmon.ctl("import", str(wrong), *more, check=False)
        assert done.returncode == 1
        shown.append(done.stdout + done.stderr)
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(pingmon.socket))
        sock.sendall(b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n')
        shown.append(sock.makefile().readline())
    return "\n".join([*shown, pingmon.log.read_text(), *texts(pingmon)])


def test_secrets_are_shown_nowhere_and_survive_export_and_apply(
    lab: Lab, pingmon: Pingmon, tmp_path: Path
) -> None:
    nginx = shop(lab, tmp_path)
    (tmp_path / "header").write_text(f"X-Key: {CANARY}\n")
    (tmp_path / "auth").write_text(f"me:{CANARY}\n")
    try:
        pingmon.start("--log-level=debug")
        url = ("--mon_type", "http", "--url", "http://shop.example/", "--expect_text", "Headers, user me")
        files = ("--header_file", str(tmp_path / "header"), "--auth_file", str(tmp_path / "auth"))
        monitor = pingmon.add(A, *url, *files, *QUICK)
        pingmon.wait_state("up", A)
        row = pingmon.monitors()[A]
        assert (row["header"], row["auth"]) == (["X-Key: …"], "…")
        assert CANARY not in everything_shown(pingmon, monitor, tmp_path)
        for kind in ("csv", "jsonl", "toml"):
            file = tmp_path / f"devices.{kind}"
            file.write_text(pingmon.ctl("export", "--format", kind).stdout)
            said = pingmon.ctl("apply", str(file), "--yes")
            assert CANARY not in said.stdout + said.stderr
        assert pingmon.monitors()[A]["id"] == monitor
        (tmp_path / "broken").touch()
        wait_text(pingmon, "is down")
        (tmp_path / "broken").unlink()
        wait_text(pingmon, "is up again")
        assert CANARY not in "".join(texts(pingmon)) + pingmon.log.read_text()
    finally:
        nginx.stop()
