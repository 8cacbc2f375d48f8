"""resume-mon"""

import argparse
from typing import Any

from pingmon.client.options import examples
from pingmon.client.output import device
from pingmon.client.selection import confirmation_options, run_on_selected, selector_options


def configure(parser: argparse.ArgumentParser) -> None:
    selector_options(parser)
    confirmation_options(parser)
    examples(
        parser,
        "pingmonctl resume-mon printer",
        "pingmonctl resume-mon --all --yes",
    )


def run(options: argparse.Namespace) -> int:
    return run_on_selected(options, "resume_mon", {}, "resume", _words)


def _words(monitor: dict[str, Any]) -> str:
    return f"resumed {device(monitor)}" if monitor["changed"] else f"{device(monitor)} was not paused"
