"""The process that runs Apprise, from outside: it is given a request, and so many seconds."""

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pingmon

log = logging.getLogger(__name__)

AT_ONCE = 4  # processes, of 45 MB each
_WAIT = 60.0  # s for one of these; a sender that waits longer would look stuck
_GRACE = 2.0  # s until a process that did not end itself is ended
_KEPT = ("PATH", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")  # no proxy, no home
_ROOT = str(Path(pingmon.__file__).resolve().parents[1])
_slots = threading.BoundedSemaphore(AT_ONCE)


def run_apprise(request: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Its answer: `status`, `words`, and of a failure `heard`, `uncertain`. Never raises OSError.

    request: what (send, check, reach), url, title, body, type, allow_private. seconds: it may take.
    """
    if not _slots.acquire(timeout=_WAIT):
        return _failed("too many messages are sent by Apprise at once", False)
    try:
        return _run(request | {"seconds": int(seconds), "parent": os.getpid()}, seconds + _GRACE)
    finally:
        _slots.release()


def _run(request: dict[str, Any], timeout: float) -> dict[str, Any]:
    is_send = request["what"] == "send"
    command = [sys.executable, "-P", "-s", "-m", "pingmon.channels.apprise.child"]
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH", ""))))
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    environment |= {"HOME": "/nonexistent"}
    try:
        done = subprocess.run(
            command,
            input=json.dumps(request) + "\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may hold the URL
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            cwd="/",
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _failed("no answer in time", is_send)
    except OSError as error:
        return _failed(f"Apprise can't be run: {error.strerror}", False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        is_alarm = done.returncode == -14  # SIGALRM
        log.debug("the process of Apprise ended with %d", done.returncode)
        return _failed("no answer in time" if is_alarm else "Apprise failed", is_send)
    return answer if isinstance(answer, dict) else _failed("Apprise failed", is_send)


def _failed(words: str, uncertain: bool) -> dict[str, Any]:
    return {"status": "later", "words": words, "heard": False, "uncertain": uncertain}
