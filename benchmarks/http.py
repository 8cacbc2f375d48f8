"""500 web servers at 5 s: CPU of a request, and what they do to pings' lateness."""

import shutil
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.lab import Lab, until
from tests.support.nginx import Nginx

from benchmarks.capture import Capture
from benchmarks.fleet import Field, field, ipv4
from benchmarks.process import Echoes, cpu
from benchmarks.report import Options, goals, quantile, spread
from benchmarks.scale import lateness, latest

TARGETS, PINGS = 500, 1_000
INTERVAL = 5.0  # s
SECONDS = 30.0
SAMPLE = "10.0.0.0/24"  # captured pings
_SERVER = """
server {{ listen 80; listen 443 ssl; server_name _;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_session_cache off;
    location / {{ return 200 "all is well\\n"; }} }}"""


@contextmanager
def serving(lab: Lab, directory: Path) -> Iterator[None]:
    """A real nginx answers at all addresses of the peer."""
    if not shutil.which("nginx"):
        raise RuntimeError("needs nginx (Debian: nginx-light)")
    web = directory / "web"
    web.mkdir()
    certificate, key = Authority(web).sign("all", "DNS:a.example")
    servers = _SERVER.format(certificate=certificate, key=key)
    nginx = Nginx(web, servers, 80, "ip", "netns", "exec", lab.peer)
    try:
        until(lambda: bool(lab.in_peer("ss", "-tlnH", "sport = :443").strip()), what="nginx")
        yield
    finally:
        nginx.stop()


def add(made: Field, scheme: str, addresses: Iterable[str]) -> None:
    for one in addresses:
        more = {"insecure": True} if scheme == "https" else {}
        made.add([one], mon_type="http", url=f"{scheme}://{one}/", interval=INTERVAL, timeout=4, **more)


def requests(options: Options) -> str:
    """CPU of the whole daemon by request, plain and with TLS; lateness of pings without and beside."""
    targets, pings = options.targets(TARGETS), options.targets(PINGS)
    seconds = options.span(SECONDS)
    cost: dict[str, list[float]] = {"http": [], "https": []}
    late: dict[bool, list[list[float]]] = {False: [], True: []}
    for _ in range(options.times):
        for scheme, found in cost.items():
            found.append(_cost(scheme, targets, seconds))
        for beside in (False, True):
            late[beside].append(_late(pings, targets if beside else 0, seconds))
    p99 = {key: [quantile(one, 0.99) for one in found] for key, found in late.items()}
    more = statistics.median(p99[True]) - statistics.median(p99[False])
    merged = {key: [value for one in found for value in one] for key, found in late.items()}
    every = f"{targets} at {INTERVAL:g} s"
    return goals(
        [
            (f"{every}: CPU µs per request, plain", "-", spread(cost["http"], 0)),
            (f"{every}: CPU µs per request with a TLS handshake", "-", spread(cost["https"], 0)),
            (f"{pings:,} pings at 1 s: late, p99 of each run (ms)", "-", spread(p99[False], 1)),
            (f"the same beside {targets} web servers, half of them with TLS", "-", spread(p99[True], 1)),
            ("more, median against median", "≤ 5 ms", f"{more:+.1f} ms"),
            ("all runs: p99 / most, without and with", "-", " and ".join(map(lateness, merged.values()))),
        ]
    )


def _cost(scheme: str, targets: int, seconds: float) -> float:
    with field() as made, serving(made.lab, made.directory):
        add(made, scheme, ipv4(targets))
        made.wait("up", targets, 60 + targets / 20)
        time.sleep(min(seconds, 5.0))
        before, used = Echoes.connections(made.lab), cpu(made.pid)
        time.sleep(seconds)
        count, used = Echoes.connections(made.lab).since(before).requests, cpu(made.pid) - used
    print(f"  {scheme}: {count} requests, {used / count * 1e6:.0f} µs each", flush=True)
    return used / count * 1e6


def _late(pings: int, targets: int, seconds: float) -> list[float]:
    with field(ipv4(pings)) as made, serving(made.lab, made.directory):
        half = ipv4(targets)[: targets // 2]
        add(made, "http", half)
        add(made, "https", ipv4(targets)[len(half) :])
        made.wait("up", pings + targets, 60 + targets / 20)
        time.sleep(min(seconds, 5.0))
        with Capture(made.lab, SAMPLE, made.directory) as capture:
            begin = time.time()
            time.sleep(seconds)
        found = latest(capture, begin, time.time())
    print(f"  {pings} pings, {targets} web servers: {lateness(found)}", flush=True)
    return found
