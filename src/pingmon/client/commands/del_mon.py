"""del-mon"""

import argparse
from typing import Any

from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.options import examples, monitors_of, monitors_option
from pingmon.client.output import count, device, show
from pingmon.client.streams import say


def configure(parser: argparse.ArgumentParser) -> None:
    monitors_option(parser)
    examples(parser, "pingmonctl del-mon printer", "pingmonctl del-mon 036bc24f 10.0.0.2")


def run(options: argparse.Namespace) -> int:
    """Each is deleted for itself; one that can't be does not keep the others."""
    status = DONE
    for which in monitors_of(options):
        try:
            result = call(options.server_address, "del_mon", {"id": which})
        except Refused as error:
            say(f"pingmonctl: {error}")
            status = REFUSED
            continue
        show(options, result, result["id"])
        say(_words(result))
    return status


def _words(result: dict[str, Any]) -> str:
    if not result["deleted"]:
        return "this was deleted before"
    words = f"deleted {device(result)}"
    if result["children"]:
        were = "was" if result["children"] == 1 else "were"
        words += f"; {count(result['children'], 'monitor')} {were} behind it"
    if result["dropped"]:
        words += f"; dropped {count(result['dropped'], 'message')} that nothing could deliver"
    return words
