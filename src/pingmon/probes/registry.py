"""The kinds of probe. A new kind: its declaration in `kinds/`, one file or folder and one line here."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pingmon.model.prober_protocols import Prober
from pingmon.probes.icmp.prober import PingProber
from pingmon.probes.paced.prober import PacedProber

if TYPE_CHECKING:
    from pingmon.probes.paced.answer import AsyncProbe


def _http(address: str, options: Mapping[str, Any]) -> "AsyncProbe":
    from pingmon.probes.http.probe import HttpProbe  # what a kind needs is loaded with its first target

    return HttpProbe(address, options)


def _dns(address: str, options: Mapping[str, Any]) -> "AsyncProbe":
    from pingmon.probes.dns.probe import DnsProbe

    return DnsProbe(address, options)


PROBERS: dict[str, Callable[[], Prober]] = {
    "ping": PingProber,
    "http": lambda: PacedProber("http", _http),
    "dns": lambda: PacedProber("dns", _dns),
}
