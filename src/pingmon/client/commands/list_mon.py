"""list-mon"""

import argparse
import sys

from pingmon.client import render
from pingmon.client.exit_status import DONE
from pingmon.client.monitor_list import all_monitors
from pingmon.client.options import option
from pingmon.client.output import show

_FILTERS = ("state", "ip_address", "chat_id")


def configure(parser: argparse.ArgumentParser) -> None:
    option(parser, "--state", choices=("up", "down", "unknown"), help="only those in this state")
    option(parser, "--ip_address", metavar="IP", help="only those of this address")
    option(parser, "--chat_id", metavar="ID", help="only those that tell this chat")


def run(options: argparse.Namespace) -> int:
    rows = all_monitors(options, {key: v for key in _FILTERS if (v := getattr(options, key))})
    show(options, {"monitors": rows, "next": None}, render.monitors(rows))
    if not rows and options.output == "table":
        print("no monitors; add-mon adds one", file=sys.stderr)
    return DONE
