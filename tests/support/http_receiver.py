"""An HTTP server that takes messages as services do, and that a test makes refuse, fail and forget."""

import json
import random
import ssl
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self

Answer = tuple[int, bytes, dict[str, str]]  # status, body, headers
FAILURES: dict[str, Answer] = {
    "500": (500, b"oops", {}),
    "502": (502, b"<html>bad gateway</html>", {}),
    "503": (503, b"", {"Retry-After": "1"}),
    "429": (429, b"slow down", {"Retry-After": "1"}),
    "410": (410, b"", {}),
    "302": (302, b"", {"Location": "http://127.0.0.1:1/private"}),
}
PASSING = ("500", "502", "503", "429")


class Request(NamedTuple):
    """headers: by their names in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Fault(Exception):
    """The request is not as it has to be."""


class HttpReceiver:
    """`messages` are those that were taken, each with `at` (epoch seconds) and `lost` (no answer was
    given); `faults` says what was wrong with others. `script`: answers to give first instead.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, log: Path | None = None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.requests = 0
        self.script: deque[Answer] = deque()
        self.always = ""  # a mood
        self.secret = ""  # with which requests have to be signed; empty: they must not be
        self.chaos: random.Random | None = None
        self.delay = 0.0  # s until an answer
        self.gone: set[str] = set()  # recipients that get 410
        self.longest = 0  # characters of a text; longer ones get 413; 0: any length
        self.log = log
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests += 1
                time.sleep(receiver.delay)
                mood = receiver.mood()
                if mood == "before":
                    self.close_connection = True
                    return
                answer = FAILURES.get(mood)
                if answer is None and receiver.script:
                    answer = receiver.script.popleft()
                request = Request(self.command, self.path, headers, body)
                status, data, more = answer or receiver._take(request, mood == "after")
                if mood == "after":
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data if status != 204 else b"")

            do_GET = do_POST = do_PUT = do_HEAD = _any

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((host, port), Handler)
        self.port: int = self.server.server_port
        self.url = f"http://{host}:{self.port}"

    def start(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def mood(self) -> str:
        """What to do with the next request; mostly good, else as bad as networks and servers are."""
        if self.always or self.chaos is None or self.chaos.random() < 0.6:
            return self.always
        return self.chaos.choice(("before", "after", *PASSING))

    def take(self, request: Request) -> tuple[dict[str, Any] | None, Answer]:
        """What there is in the request, and the answer. None: no message. Raises Fault."""
        return {"path": request.path, "body": request.body.decode()}, (204, b"", {})

    def _take(self, request: Request, is_lost: bool) -> Answer:
        try:
            message, answer = self.take(request)
        except Fault as fault:
            self.faults.append(f"{request.method} {request.path}: {fault}")
            return 400, str(fault).encode(), {}
        if message is not None:
            if message.get("to") in self.gone:
                return FAILURES["410"]
            if self.longest and len(message["text"]) > self.longest:
                return 413, b"", {}
            with self._lock:
                self.messages.append({"at": time.time(), "lost": is_lost, **message})
                if self.log:
                    with self.log.open("a") as file:
                        file.write(json.dumps(self.messages[-1]) + "\n")
        return answer


def serve(receiver: type[HttpReceiver]) -> None:
    """As a program: PORT LOG, then `chaos`, `always=MOOD`, `secret=SECRET`, `host=ADDRESS`, `tls=FILES`
    (certificate and key, with a colon in between).
    """
    words = {name: value for name, _, value in (one.partition("=") for one in sys.argv)}
    made = receiver(words.get("host", "127.0.0.1"), int(sys.argv[1]), Path(sys.argv[2]))
    if "tls" in words:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*words["tls"].split(":"))
        made.server.socket = context.wrap_socket(made.server.socket, server_side=True)
    made.chaos = random.Random(7) if "chaos" in sys.argv else None
    made.always, made.secret = words.get("always", ""), words.get("secret", "")
    made.server.serve_forever()
