"""status"""

import argparse

from pingmon.client import render
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.output import show


def configure(parser: argparse.ArgumentParser) -> None:
    """It has no options of its own."""


def run(options: argparse.Namespace) -> int:
    result = call(options.server_address, "status", {})
    show(options, result, render.status(result))
    return DONE
