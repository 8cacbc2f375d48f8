"""Asks blackbox_exporter for every address once a second, as Prometheus would, over kept connections.

`python -m benchmarks.scraper PORT FILE SECONDS icmp|tcp` prints one JSON object: how many were asked and
answered, and round-trip times (ms).
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

CONNECTIONS = 64
_RTT = {
    "icmp": re.compile(rb'probe_icmp_duration_seconds\{phase="rtt"\} (\S+)'),
    "tcp": re.compile(rb"\nprobe_duration_seconds (\S+)"),
}


class Scraper:
    def __init__(self, port: int, addresses: list[str], seconds: float, module: str) -> None:
        self.module, self.rtt = module.encode(), _RTT[module]
        self.port, self.addresses, self.seconds = port, addresses, seconds
        self.sent = 0
        self.rtts: list[float] = []
        self.began = time.monotonic()

    async def run(self) -> dict[str, Any]:
        tasks = [self._connection() for _ in range(min(CONNECTIONS, len(self.addresses)))]
        await asyncio.gather(*tasks)
        return {"sent": self.sent, "replies": len(self.rtts), "rtts": self.rtts}

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while True:
            number, self.sent = self.sent, self.sent + 1
            due = self.began + number / len(self.addresses)
            if due >= self.began + self.seconds or time.monotonic() > self.began + self.seconds + 2:
                self.sent -= 1
                writer.close()
                return
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            address = self.addresses[number % len(self.addresses)]
            target = f"{address}:80" if self.module == b"tcp" else address
            writer.write(b"GET /probe?module=%s&target=%s HTTP/1.1\r\n" % (self.module, target.encode()))
            writer.write(b"Host: bench\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1])) if length else await _chunks(reader)
            found = self.rtt.search(body)
            if b"\nprobe_success 1" in body and found:
                self.rtts.append(float(found[1]) * 1000)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


if __name__ == "__main__":
    port, file, seconds, module = sys.argv[1:]
    scraper = Scraper(int(port), Path(file).read_text().split(), float(seconds), module)
    print(json.dumps(asyncio.run(scraper.run())), flush=True)
