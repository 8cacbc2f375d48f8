"""A field of devices and the real daemon that watches it, for as long as a benchmark takes."""

import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.bot_api import TOKEN
from tests.support.lab import Lab, Pingmon

from pingmon.client.connection import CannotReach, call

BATCH = 500  # monitors of one request


def ipv4(count: int) -> list[str]:
    """Addresses of 10.0.0.0/16, all behind one route; the first 250 are in 10.0.0.0/24."""
    return [f"10.0.{n // 250}.{n % 250 + 1}" for n in range(count)]


def ipv6(count: int) -> list[str]:
    return [f"fd00:1::{n + 1:x}" for n in range(count)]


class Field:
    """The daemon, seen from outside: its socket, its database and the packets that it sends."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab, self.directory = lab, directory
        self.pingmon = Pingmon(lab, directory)

    @property
    def pid(self) -> int:
        assert self.pingmon.daemon is not None
        return self.pingmon.daemon.pid

    def call(self, method: str, **params: Any) -> Any:
        return call(f"unix:{self.pingmon.socket}", method, params)

    def add(self, addresses: Iterable[str], **settings: Any) -> list[str]:
        """The IDs. Telegram is not asked."""
        settings = {"chat_id": "1001", "token": TOKEN, "interval": 1} | settings
        rows = [{"ip_address": address} | settings for address in addresses]
        ids: list[str] = []
        for start in range(0, len(rows), BATCH):
            answer = self.call("import_mon", monitors=rows[start : start + BATCH], verify=False)
            assert not answer["errors"], answer["errors"][:3]
            ids += answer["ids"]
        return ids

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("status")
        return answer

    def late_ms(self) -> float:
        """What the daemon says of its own schedule, 99th percentile."""
        return float(self.status()["scheduling"]["late_p99_ms"])

    def wait(self, state: str, count: int, timeout: float) -> float:
        """Seconds until so many monitors are in a state. Raises TimeoutError."""
        began = time.monotonic()
        while time.monotonic() < began + timeout:
            with suppress(CannotReach):
                if self.status()["states"][state] == count:
                    return time.monotonic() - began
            time.sleep(0.1 + count / 20_000)  # the daemon counts them anew each time
        raise TimeoutError(f"waited {timeout:.0f} s for {count} to be {state}: {self.status()['states']}")

    def monitors(self) -> list[dict[str, Any]]:
        """All of them, page by page."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.call("list_mon", after=after, limit=1000)
            found += page["monitors"]
            after = page["next"]
            if after is None:
                return found

    def stop(self) -> None:
        assert self.pingmon.daemon is not None
        self.pingmon.daemon.terminate()
        self.pingmon.daemon.wait(120)

    def counted(self, *without: str) -> tuple[int, int]:
        """Probes and losses that the daemon remembers (it must have stopped), but for some devices."""
        select = "SELECT address, sum(probes), sum(losses) FROM minutes GROUP BY address"
        left_out = set(without)
        known = [row for row in self._query(select) if row[0] not in left_out]
        return sum(row[1] for row in known), sum(row[2] for row in known)

    def full_minutes(self, begin: float, end: float) -> list[int]:
        """Probes that the daemon remembers of each whole minute of a time (seconds since the epoch)."""
        select = "SELECT sum(probes) FROM minutes WHERE minute >= ? AND minute < ? GROUP BY minute"
        return [row[0] for row in self._query(select, -(-begin // 60), end // 60)]

    def _query(self, select: str, *values: float) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.directory / "state" / "pingmon.db")) as database:
            return database.execute(select, values).fetchall()


@contextmanager
def field(addresses: Iterable[str] = (), **settings: Any) -> Iterator[Field]:
    """A lab of its own with the daemon running and the addresses added and up."""
    lab = Lab()
    with tempfile.TemporaryDirectory(prefix="pingmon-bench-") as directory:
        made = Field(lab, Path(directory))
        try:
            made.pingmon.start()
            wanted = list(addresses)
            if wanted:
                made.add(wanted, **settings)
                made.wait("up", len(wanted), 60 + len(wanted) / 100)
            yield made
        finally:
            made.pingmon.close()
            lab.close()
