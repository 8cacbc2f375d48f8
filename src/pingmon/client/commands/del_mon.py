"""del-mon"""

import argparse
import sys

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import id_option
from pingmon.client.output import show


def configure(parser: argparse.ArgumentParser) -> None:
    id_option(parser)


def run(options: argparse.Namespace) -> int:
    result = call(options.server_address, "del_mon", {"id": options.id})
    show(options, result, result["id"])
    if not result["deleted"]:
        print("this was deleted before", file=sys.stderr)
    return DONE
