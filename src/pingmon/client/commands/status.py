"""status"""

import argparse

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.options import examples, option
from pingmon.client.output import show
from pingmon.client.views.status import status


def configure(parser: argparse.ArgumentParser) -> None:
    text = "exit status 0 when health is ok, 1 when it is not, 3 when the daemon can't be reached"
    option(parser, "--check", action="store_true", help=text)
    examples(parser, "pingmonctl status", "pingmonctl status --check >/dev/null || echo ill")


def run(options: argparse.Namespace) -> int:
    result = call(options.server_address, "status", {})
    show(options, result, status(result))
    return REFUSED if options.check and result["health"] != "ok" else DONE
