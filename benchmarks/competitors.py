"""The peers: each pings the same addresses once a second in the same namespace."""

import importlib.metadata
import json
import re
import sys
import time
from dataclasses import replace
from typing import Any

from tests.support.lab import until

from benchmarks import process
from benchmarks.competitor_run import Peer, Told
from benchmarks.fleet import Field
from benchmarks.packages import program


class Fping(Peer):
    """A process per 5,000 targets: its 16-bit sequence numbers are kept for ten seconds each.

    Pings are spread over the second, as pingmond's are; a burst of all of them each second (-i 0)
    takes less CPU, as one wake-up then takes in many replies.
    """

    name = package = "fping"
    most = 5_000  # targets of one process

    def launch(self) -> None:
        rounds = int(self.warm + self.seconds + 2)
        for start in range(0, len(self.addresses), self.most):
            some = self.addresses[start : start + self.most]
            file = self.directory / f"addresses{start}"
            file.write_text("\n".join(some) + "\n")
            # Waking takes it some 0.07 ms more than asked for; a round must not take over a second.
            apart = f"{max(0.01, 700 / len(some) - 0.07):.4f}"  # ms
            options = ("-q", "-C", str(rounds), "-p", "1000", "-i", apart, "-f", str(file))
            self.spawn("sh", "-c", 'exec "$@" 2>&1', "sh", program("fping"), *options)

    def cpu(self) -> float:
        return sum(process.cpu(child.pid) for child in self.started)

    def resident(self) -> int | None:
        return sum(process.resident(child.pid) for child in self.started)

    def ask(self) -> Told:
        lines = [line for child in self.started for line in self.output(child).splitlines()]
        if errors := [line for line in lines if line.startswith("fping error")]:
            return Told(note=errors[0])
        words = [word for line in lines if " : " in line for word in line.partition(" : ")[2].split()]
        return Told.of(len(words), [float(word) for word in words if word != "-"])


class SmokepingProber(Peer):
    name, package, url = (
        "smokeping_prober",
        "prometheus-smokeping-prober",
        "http://127.0.0.1:9374/metrics",
    )
    before: tuple[dict[float, float], float] = ({}, 0.0)

    def launch(self) -> None:
        file = self.directory / "smokeping.json"  # YAML takes JSON
        targets = [{"hosts": self.addresses, "interval": "1s", "network": "ip4", "protocol": "icmp"}]
        file.write_text(json.dumps({"targets": targets}))
        self.spawn(program(self.package), f"--config.file={file}", "--web.listen-address=127.0.0.1:9374")
        until(lambda: self.answers(self.url), 20, "smokeping_prober to answer")
        time.sleep(1 + len(self.addresses) / 1000)  # it starts its targets one by one
        self.before = self.scrape()

    def scrape(self) -> tuple[dict[float, float], float]:
        """Replies below each bucket's bound (s), and requests, all targets together."""
        buckets: dict[float, float] = {}
        requests = 0.0
        for line in self.fetch(self.url).splitlines():
            if line.startswith("smokeping_requests_total"):
                requests += float(line.split()[-1])
            elif found := re.match(
                r'smokeping_response_duration_seconds_bucket.*le="([^"]+)"} (\S+)', line
            ):
                bound = float(found[1].replace("+Inf", "inf"))
                buckets[bound] = buckets.get(bound, 0.0) + float(found[2])
        return buckets, requests

    def ask(self) -> Told:
        buckets, requests = self.scrape()
        counts = [
            (bound, count - self.before[0].get(bound, 0.0)) for bound, count in sorted(buckets.items())
        ]
        replies, sent = counts[-1][1] if counts else 0.0, requests - self.before[1]
        p50, p99 = (
            next((bound * 1000 for bound, count in counts if count >= replies * share), None)
            for share in (0.5, 0.99)
        )
        in_flight = len(self.addresses) * 0.01
        lost = max(0.0, (sent - replies - in_flight) / sent) if sent else 1.0
        return Told(lost, p50, p99, "RTT: upper bounds of its buckets")


class BlackboxExporter(Peer):
    name, package, url = "blackbox_exporter", "prometheus-blackbox-exporter", "http://127.0.0.1:9115/"
    module = "icmp"

    def launch(self) -> None:
        file = self.directory / "blackbox.json"
        how = {"preferred_ip_protocol": "ip4"}
        module = {"prober": self.module, "timeout": "1s", self.module: how}
        file.write_text(json.dumps({"modules": {self.module: module}}))
        options = ("--web.listen-address=127.0.0.1:9115", "--log.level=error")
        self.spawn(program(self.package), f"--config.file={file}", *options)
        until(lambda: self.answers(self.url), 20, "blackbox_exporter to answer")
        duration = str(self.warm + self.seconds + 1)
        self.spawn(
            sys.executable, "-m", "benchmarks.scraper", "9115", str(self.file), duration, self.module
        )

    def ask(self) -> Told:
        said = json.loads(self.output(self.started[1]))
        return Told.of(said["sent"], said["rtts"], "the scraper's CPU is not counted")


class Loop(Peer):
    """A loop of benchmarks.loops."""

    def launch(self) -> None:
        duration = str(self.warm + self.seconds + 1)
        self.spawn(sys.executable, "-m", "benchmarks.loops", self.name, str(self.file), duration)

    def ask(self) -> Told:
        said: dict[str, Any] = json.loads(self.output(self.started[0]))
        return Told.of(said["sent"], said["rtts"], said.get("note", ""))


class PythonLoop(Loop):
    @classmethod
    def version(cls) -> str:
        return importlib.metadata.version(cls.name)


class Icmplib(PythonLoop):
    name = "icmplib"


class Pythonping(PythonLoop):
    name = "pythonping"


class Ping(Loop):
    """A process per check."""

    name, package = "ping", "iputils-ping"

    def cpu(self) -> float:
        """Only of those that have ended; the loop that starts them is not charged."""
        return process.reaped(self.pid)

    def resident(self) -> int | None:
        return None  # comes and goes


class Pingmond(Peer):
    """The real daemon with a stand-in Bot API; deciding, remembering and statistics included."""

    name = "pingmond"
    warm = 15.0  # settled targets hand over their results every ten seconds
    least = 60.0  # statistics are written once a minute

    @classmethod
    def version(cls) -> str:
        from pingmon import __version__

        return __version__

    def launch(self) -> None:
        self.field = Field(self.lab, self.directory)
        self.field.pingmon.start()
        self.field.add(self.addresses)
        self.field.wait("up", len(self.addresses), 30 + len(self.addresses) / 100)

    @property
    def pid(self) -> int:
        return self.field.pid

    def ask(self) -> Told:
        rtts = [one["last_rtt_ms"] for one in self.field.monitors() if one["last_rtt_ms"] is not None]
        late = self.field.late_ms()
        self.field.stop()
        probes, losses = self.field.counted()
        return replace(
            Told.of(1, rtts, f"p99 {late:.0f} ms late"), lost=losses / probes if probes else 1.0
        )

    def close(self) -> None:
        self.field.pingmon.close()


PEERS: tuple[type[Peer], ...] = (
    Pingmond,
    Fping,
    SmokepingProber,
    BlackboxExporter,
    Icmplib,
    Pythonping,
    Ping,
)
