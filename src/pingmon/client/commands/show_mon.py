"""show-mon"""

import argparse
from typing import Any

from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, monitor_of, monitor_option
from pingmon.client.output import show
from pingmon.client.views.monitor import monitor


def configure(parser: argparse.ArgumentParser) -> None:
    monitor_option(parser)
    examples(parser, "pingmonctl show-mon printer", "pingmonctl show-mon 10.0.0.2 -o json")


def run(options: argparse.Namespace) -> int:
    row = _one(options, monitor_of(options))
    parent = None
    if row["parent"] and options.output == "table":
        try:
            parent = _one(options, row["parent"])
        except Refused:  # it was deleted meanwhile
            parent = None
    show(options, row, monitor(row, parent))
    return DONE


def _one(options: argparse.Namespace, which: str) -> dict[str, Any]:
    rows = call(options.server_address, "list_mon", {"id": which})["monitors"]
    if not rows:
        raise Refused(f"{which} was deleted just now")
    found: dict[str, Any] = rows[0]
    return found
