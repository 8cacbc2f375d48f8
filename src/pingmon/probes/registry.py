"""The kinds of probe. A new kind: its declaration in `kinds/`, one file or folder and one line here."""

from collections.abc import Callable

from pingmon.model.prober_protocols import Prober
from pingmon.probes.icmp.prober import PingProber

PROBERS: dict[str, Callable[[], Prober]] = {
    "ping": PingProber,
}
