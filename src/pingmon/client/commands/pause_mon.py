"""pause-mon"""

import argparse
from typing import Any

from pingmon.client.options import examples, option
from pingmon.client.output import device
from pingmon.client.selection import confirmation_options, run_on_selected, selector_options


def configure(parser: argparse.ArgumentParser) -> None:
    selector_options(parser)
    option(parser, "--comment", metavar="TEXT", help="why, for people")
    confirmation_options(parser)
    examples(
        parser,
        'pingmonctl pause-mon printer --comment "being moved"',
        "pingmonctl pause-mon --tag site=berlin --yes",
    )


def run(options: argparse.Namespace) -> int:
    return run_on_selected(options, "pause_mon", {"comment": options.comment or ""}, "pause", _words)


def _words(monitor: dict[str, Any]) -> str:
    return f"paused {device(monitor)}" if monitor["changed"] else f"{device(monitor)} was paused already"
