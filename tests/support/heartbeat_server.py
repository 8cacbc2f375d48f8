"""A real HTTP server that notes every request: who would miss pingmond's heartbeat.

`python -m tests.support.heartbeat_server PORT LOG` appends each request to LOG as a JSON line. As a
library: `HeartbeatServer().start()`.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class HeartbeatServer:
    """asked: all requests, as method, path, body and at (epoch seconds). status: what it answers."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, log: Path | None = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self._log = log
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                outer.note(str(self.command), self.path, body)
                self.send_response(outer.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, port), Handler)
        self.url = f"http://{host}:{self.server.server_address[1]}"

    def note(self, method: str, path: str, body: str) -> None:
        one = {"method": method, "path": path, "body": body, "at": time.time()}
        self.asked.append(one)
        if self._log:
            with self._log.open("a") as file:
                file.write(json.dumps(one) + "\n")

    def start(self) -> "HeartbeatServer":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    HeartbeatServer(port=int(sys.argv[1]), log=Path(sys.argv[2])).server.serve_forever()
