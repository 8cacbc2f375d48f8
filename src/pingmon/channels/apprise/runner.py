"""The process that runs Apprise, from outside: it is given a request, and so many seconds."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pingmon

log = logging.getLogger(__name__)

AT_ONCE = 4  # processes, of 45 MB each
_USUAL = 6.0  # s that a message takes at most, start of the process included
_WAIT = 60.0  # s for one of these; a sender that waits longer would look stuck
_GRACE = 2.0  # s until a process that did not end itself is ended
_KEPT = ("PATH", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")  # no proxy, no home
_ROOT = str(Path(pingmon.__file__).resolve().parents[1])
_slots = threading.BoundedSemaphore(AT_ONCE)
# URLs whose service was slow, or silent, the last time leave some of these to others.
_late: set[str] = set()
_slots_for_late = threading.BoundedSemaphore(AT_ONCE // 2)


def run_apprise(request: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Its answer: `status`, `words`, and of a failure `heard`, `uncertain`. Never raises OSError.

    request: what (send, check, reach), url, title, body, type, allow_private. seconds: it may take.
    """
    deadline, url = time.monotonic() + _WAIT, str(request["url"])
    wanted = (_slots_for_late, _slots) if url in _late else (_slots,)
    with ExitStack() as held:
        for one in wanted:
            if not one.acquire(timeout=max(0.0, deadline - time.monotonic())):
                return _failed("too many messages are sent by Apprise at once", False)
            held.callback(one.release)
        began = time.monotonic()
        answer = _run(request | {"seconds": int(seconds)}, seconds + _GRACE)
    is_late = time.monotonic() - began > _USUAL
    _late.add(url) if is_late else _late.discard(url)
    return answer


def _run(request: dict[str, Any], timeout: float) -> dict[str, Any]:
    is_send = request["what"] == "send"
    command = [sys.executable, "-P", "-s", "-m", "pingmon.channels.apprise.child"]
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    environment |= {"HOME": "/nonexistent"}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may hold the URL
            cwd="/",
            env=environment,
        )
    except OSError as error:
        return _failed(f"Apprise can't be run: {error.strerror}", False)
    with process:
        end = threading.Timer(timeout, process.kill)
        end.start()
        try:
            said = _ask(process, json.dumps(request).encode() + b"\n")
        finally:
            end.cancel()
            process.kill()
    try:
        answer = json.loads(said)
    except ValueError:
        log.debug("the process of Apprise ended with %d", process.returncode)
        is_late = process.returncode in (-signal.SIGALRM, -signal.SIGKILL)
        return _failed("no answer in time" if is_late else "Apprise failed", is_send)
    return answer if isinstance(answer, dict) else _failed("Apprise failed", is_send)


def _ask(process: "subprocess.Popen[bytes]", request: bytes) -> bytes:
    """Its answer, empty if there is none. Its standard input stays open: its end is the daemon's."""
    assert process.stdin and process.stdout
    try:
        process.stdin.write(request)
        process.stdin.flush()
    except BrokenPipeError:
        return b""
    return process.stdout.readline()


def _failed(words: str, uncertain: bool) -> dict[str, Any]:
    return {"status": "later", "words": words, "heard": False, "uncertain": uncertain}
