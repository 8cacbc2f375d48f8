"""The probe kind `ping`: a pinger for each IP version that this machine has."""

import errno
import logging
import socket
from contextlib import suppress

from pingmon.model.errors import InvalidValue
from pingmon.model.monitor import ProbeOptions
from pingmon.model.prober_protocols import Deliver
from pingmon.probes.icmp.options import parse_options
from pingmon.probes.icmp.scheduler import PingScheduler
from pingmon.probes.icmp.target import EchoTarget

log = logging.getLogger(__name__)


class PingProber:
    """See model.prober_protocols.Prober. Raises PermissionError that names both remedies."""

    def __init__(self) -> None:
        self.pingers: dict[int, PingScheduler] = {}
        for version in (4, 6):
            try:
                self.pingers[version] = PingScheduler(version)
            except OSError as error:
                if error.errno not in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT):
                    raise
                log.warning("no IPv%d on this machine", version)
        missing = [words for one in self.pingers.values() for words in one.socket.missing]
        for words in dict.fromkeys(missing):  # once, not for each IP version
            log.warning("this machine has no %s", words)

    @property
    def replies(self) -> int:
        return sum(pinger.replies for pinger in self.pingers.values())

    @property
    def late_p99(self) -> float:
        return max((pinger.backpressure.p99 for pinger in self.pingers.values()), default=0.0)

    @property
    def late_now(self) -> float:
        return max((pinger.late_now for pinger in self.pingers.values()), default=0.0)

    @property
    def stretch(self) -> float:
        return max((pinger.backpressure.stretch for pinger in self.pingers.values()), default=1.0)

    def start(self) -> None:
        for pinger in self.pingers.values():
            pinger.start()

    def stop(self) -> None:
        for pinger in self.pingers.values():
            pinger.stop()

    def flush_replies(self) -> None:
        for pinger in self.pingers.values():
            pinger.flush_replies()

    def heartbeats(self) -> list[tuple[str, float]]:
        return [(f"pinger-v{version}", pinger.heartbeat) for version, pinger in self.pingers.items()]

    def check(self, address: str, options: ProbeOptions) -> None:
        self._pinger(address)
        parse_options(address, options)
        if ":" not in address and _is_broadcast(address):
            raise InvalidValue(
                f"{address} is the broadcast address of a local network, not of one device", "ip_address"
            )

    def new_target(
        self, address: str, options: ProbeOptions, interval: float, timeout: float, deliver: Deliver
    ) -> EchoTarget:
        parsed = parse_options(address, options)
        return EchoTarget(address, interval, timeout, deliver, self._pinger(address), options=parsed)

    def _pinger(self, address: str) -> PingScheduler:
        version = 6 if ":" in address else 4
        if version not in self.pingers:
            raise InvalidValue(f"this machine has no IPv{version}", "ip_address")
        return self.pingers[version]


def _is_broadcast(address: str) -> bool:
    """Whether the kernel takes it for that of a local network: it connects only who wants to broadcast.

    Nothing is sent.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except PermissionError:  # of a route that prohibits, too
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            with suppress(OSError):
                probe.connect((address, 9))
                return True
        except OSError:
            pass  # no route now; it may come
    return False
