"""Asks the daemon as fast as it answers.

`python -m benchmarks.requester SOCKET CONNECTIONS DEPTH SECONDS`

Every connection keeps DEPTH requests under way. Prints one JSON object: answers per second and
the time from a request to its answer (ms), all connections together.
"""

import json
import selectors
import socket
import sys
import time
from collections import deque

REQUEST = b'{"jsonrpc":"2.0","id":1,"method":"list_mon","params":{"limit":1}}\n'


class Connection:
    def __init__(self, path: str, depth: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.asked: deque[float] = deque()
        self.pending = b""
        self.ask(depth)

    def ask(self, count: int) -> None:
        self.asked.extend([time.perf_counter()] * count)
        self.socket.sendall(REQUEST * count)

    def take(self) -> list[float]:
        """Seconds that each answer took; as many are asked again."""
        *answers, self.pending = (self.pending + self.socket.recv(1 << 16)).split(b"\n")
        now = time.perf_counter()
        for answer in answers:
            assert b'"result"' in answer, answer
        took = [now - self.asked.popleft() for _ in answers]
        if took:
            self.ask(len(took))
        return took


def main() -> None:
    path, connections, depth, seconds = (
        sys.argv[1],
        int(sys.argv[2]),
        int(sys.argv[3]),
        float(sys.argv[4]),
    )
    took: list[float] = []
    with selectors.DefaultSelector() as ready:
        for _ in range(connections):
            made = Connection(path, depth)
            ready.register(made.socket, selectors.EVENT_READ, made)
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            for key, _ in ready.select(1):
                took += key.data.take()
        passed = time.perf_counter() - began
    took.sort()
    p50, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.99))
    print(json.dumps({"rate": len(took) / passed, "p50": p50, "p99": p99}))


if __name__ == "__main__":
    main()
