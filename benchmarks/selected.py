"""Commands by selector about 10,000 probed monitors: how long each takes, and who waits for it."""

import time

from benchmarks import process
from benchmarks.capture import Capture
from benchmarks.fleet import Field, field, ipv4
from benchmarks.report import Options, goals
from benchmarks.scale import SAMPLE, SETTLE, lateness, latest

GOAL = "≤ 1 s"
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("mute", "--all", "--for", "2h"),
    ("unmute", "--all"),
    ("edit-mon", "--all", "--add_tag", "site=berlin"),
    ("edit-mon", "--where", "tag=site=berlin", "--remove_tag", "site"),
    ("pause-mon", "--tag", "second"),
    ("resume-mon", "--tag", "second"),
    ("del-mon", "--tag", "second"),
    ("del-mon", "--all"),
)


def selected(options: Options) -> str:
    """Half of them have a tag, by which they are paused and deleted; probes are captured meanwhile."""
    count = options.targets(10_000)
    addresses = ipv4(count)
    rows, spans = [], list[tuple[float, float]]()
    with field() as made:
        made.add(addresses[: count // 2])
        made.add(addresses[count // 2 :], tags=["second"])
        made.wait("up", count, 120)
        time.sleep(options.span(SETTLE))
        with Capture(made.lab, SAMPLE, made.directory) as capture:
            quiet = time.time(), time.time() + options.span(10)
            time.sleep(options.span(10))
            for command in COMMANDS:
                rows.append((f"`{' '.join(command)}`", GOAL, _timed(made, spans, *command)))
                time.sleep(options.span(2))
        before = latest(capture, *quiet)
        during = [one for begin, end in spans for one in latest(capture, begin, end)]
    head = f"{count:,} targets at 1 s; whole client, pingmond's share of a core counts:\n\n"
    return head + goals(
        [
            *rows,
            ("probes late meanwhile, p99 / most", "as when quiet", lateness(during)),
            ("when nothing else is done", "-", lateness(before)),
        ]
    )


def _timed(made: Field, spans: list[tuple[float, float]], *command: str) -> str:
    at, began, used = time.time(), time.monotonic(), process.cpu(made.pid)
    made.pingmon.ctl(*command, "--yes")
    took = time.monotonic() - began
    spans.append((at, at + took))
    return f"{took:.2f} s, pingmond {process.cpu(made.pid) - used:.2f} s of CPU"
