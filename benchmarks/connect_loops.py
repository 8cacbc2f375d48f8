"""What connects to ports once a second in as few lines as can be, and the server that takes it.

`python -m benchmarks.connect_loops selectors|asyncio FILE SECONDS`: one connection per second to port 80
of every address of FILE; prints one JSON object: how many were begun and made, and round-trip times (ms).
`python -m benchmarks.connect_loops serve PORT` accepts and closes.
"""

import asyncio
import json
import selectors
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

PORT, TIMEOUT = 80, 1.0


def with_selectors(addresses: list[str], seconds: float) -> dict[str, Any]:
    """One non-blocking socket per connection, selectors.DefaultSelector, spread over the second."""
    selector = selectors.DefaultSelector()
    sent, times, began = 0, [], time.monotonic()
    open_since: deque[tuple[float, socket.socket]] = deque()
    while (now := time.monotonic()) < began + seconds:
        while sent < (now - began) * len(addresses):
            sock = socket.socket()
            sock.setblocking(False)
            at = time.monotonic()
            sock.connect_ex((addresses[sent % len(addresses)], PORT))
            selector.register(sock, selectors.EVENT_WRITE, at)
            open_since.append((at, sock))
            sent += 1
        for key, _ in selector.select(0.001):
            sock = key.fileobj  # type: ignore[assignment]
            if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                times.append((time.monotonic() - key.data) * 1000)
            selector.unregister(sock)
            sock.close()
        while open_since and (open_since[0][1].fileno() < 0 or open_since[0][0] < now - TIMEOUT):
            _, sock = open_since.popleft()
            if sock.fileno() >= 0:
                selector.unregister(sock)
                sock.close()
    return {"sent": sent, "replies": len(times), "rtts": times}


def with_asyncio(addresses: list[str], seconds: float) -> dict[str, Any]:
    """A task per address that connects once a second, with asyncio.timeout and loop.sock_connect."""
    sent, times = [0], list[float]()

    async def watch(address: str, due: float, end: float) -> None:
        loop = asyncio.get_running_loop()
        while due < end:
            await asyncio.sleep(due - time.monotonic())
            due += 1.0
            sent[0] += 1
            at = time.monotonic()
            with socket.socket() as sock:
                sock.setblocking(False)
                try:
                    async with asyncio.timeout(TIMEOUT):
                        await loop.sock_connect(sock, (address, PORT))
                except OSError:
                    continue
                times.append((time.monotonic() - at) * 1000)

    async def all_of_them() -> None:
        began, count = time.monotonic(), len(addresses)
        tasks = (watch(one, began + n / count, began + seconds) for n, one in enumerate(addresses))
        await asyncio.gather(*tasks)

    asyncio.run(all_of_them())
    return {"sent": sent[0], "replies": len(times), "rtts": times}


def serve(port: int) -> None:
    with socket.create_server(("", port), backlog=4000) as server:
        print("ready", flush=True)
        while True:
            accepted, _ = server.accept()
            accepted.close()


if __name__ == "__main__":
    what, *more = sys.argv[1:]
    if what == "serve":
        serve(int(more[0]))
    loops = {"selectors": with_selectors, "asyncio": with_asyncio}
    print(json.dumps(loops[what](Path(more[0]).read_text().split(), float(more[1]))), flush=True)
