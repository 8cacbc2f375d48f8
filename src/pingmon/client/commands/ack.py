"""ack"""

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
        'pingmonctl ack printer --comment "on it"',
        "pingmonctl ack --state down --yes",
    )


def run(options: argparse.Namespace) -> int:
    return run_on_selected(options, "ack", {"comment": options.comment or ""}, "acknowledge", _words)


def _words(monitor: dict[str, Any]) -> str:
    if monitor["changed"]:
        return f"acknowledged {device(monitor)}"
    return f"{device(monitor)} is not down, or was acknowledged so already"
