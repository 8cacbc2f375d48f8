"""Monitors of the kinds http and dns: down with the reason, up again, certificates that end soon."""

import re
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
        assert "shop (http://shop.example/) is down: answered 503 Service Unavailable" in down
        assert pingmon.monitors()[A]["reason"] == "answered 503 Service Unavailable"
        (tmp_path / "broken").unlink()
        wait_text(pingmon, "shop (http://shop.example/) is up again")
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
        assert re.match(
            rf"🟡 сертификат https://shop.example/ закончится через (9|10) дней, {ends[:10]}", told
        )
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
