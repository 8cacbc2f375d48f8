"""Peers that are libraries or single programs, in a loop as their users write it.

`python -m benchmarks.loops icmplib|pythonping|ping FILE SECONDS`: one ping per second to every
address of FILE; prints one JSON object: how many were sent and answered, and round-trip times (ms).
"""

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any


def icmplib(addresses: list[str], seconds: float) -> dict[str, Any]:
    """async_multiping over all addresses, every second; a round that takes longer delays the next."""
    from icmplib import async_multiping

    async def rounds() -> dict[str, Any]:
        sent, times, began = 0, [], time.monotonic()
        due = began
        while time.monotonic() < began + seconds:
            hosts = await async_multiping(addresses, count=1, timeout=1)
            sent += len(hosts)
            times += [host.avg_rtt for host in hosts if host.is_alive]
            due = max(due + 1, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
        return {"sent": sent, "replies": len(times), "rtts": times}

    return asyncio.run(rounds())


def pythonping(addresses: list[str], seconds: float) -> dict[str, Any]:
    """A thread per address that calls ping() once a second."""
    from pythonping import ping

    end = time.monotonic() + seconds
    times: list[float] = []
    sent: list[int] = []
    errors: set[str] = set()

    def watch(address: str) -> None:
        due = time.monotonic() + random.random()
        while due < end:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due + 1, time.monotonic())
            sent.append(1)
            try:
                answer = ping(address, count=1, timeout=1)
                if answer.success():
                    times.append(answer.rtt_avg_ms)
            except (OSError, ValueError) as error:
                errors.add(f"{type(error).__name__}: {error}")

    threads = [threading.Thread(target=watch, args=(one,), daemon=True) for one in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.1, end + 3 - time.monotonic()))
    return {"sent": len(sent), "replies": len(times), "rtts": times, "note": "; ".join(sorted(errors))}


def one_process_each(addresses: list[str], seconds: float) -> dict[str, Any]:
    """`ping -n -w 10 -c 1 ADDRESS` for every check. Only the children's CPU is charged."""
    with tempfile.TemporaryFile() as output:
        keep = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        began, sent = time.monotonic(), 0
        ping = _which("ping")
        while (now := time.monotonic()) < began + seconds:
            while sent < (now - began) * len(addresses):
                command = [ping, "-n", "-w", "10", "-c", "1", addresses[sent % len(addresses)]]
                os.posix_spawn(ping, command, os.environ, file_actions=keep)
                sent += 1
                _reap()
            _reap()
            time.sleep(0.005)
            if time.monotonic() > began + seconds + 10:
                break
        while _reap():
            time.sleep(0.01)
        output.seek(0)
        times = [float(one) for one in re.findall(rb"time=([\d.]+) ms", output.read())]
    return {"sent": sent, "replies": len(times), "rtts": times}


def _reap() -> bool:
    """Takes in what has ended; false when no child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _which(name: str) -> str:
    return subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()


LOOPS = {"icmplib": icmplib, "pythonping": pythonping, "ping": one_process_each}


if __name__ == "__main__":
    kind, file, duration = sys.argv[1:]
    threading.stack_size(256 << 10)
    print(json.dumps(LOOPS[kind](Path(file).read_text().split(), float(duration))), flush=True)
    os._exit(0)  # threads may hang in a call that never returns
