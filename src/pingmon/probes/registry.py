"""The kinds of probe. A new kind: its declaration in `kinds/`, one file or folder and one line here."""

from collections.abc import Callable

from pingmon.model.prober_protocols import Prober
from pingmon.probes.icmp.prober import PingProber
from pingmon.probes.paced.prober import PacedProber

PROBERS: dict[str, Callable[[], Prober]] = {
    "ping": PingProber,
    # Their modules are imported when there is a target.
    "tcp": lambda: PacedProber("tcp", "pingmon.probes.tcp.probe:TcpProbe"),
    "http": lambda: PacedProber("http", "pingmon.probes.http.probe:HttpProbe", "python3-h11"),
    "dns": lambda: PacedProber("dns", "pingmon.probes.dns.probe:DnsProbe", "python3-dnspython"),
    "tls": lambda: PacedProber("tls", "pingmon.probes.tls:TlsProbe"),
}
