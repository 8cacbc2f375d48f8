"""test-mon"""

import argparse

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, monitor_of, monitor_option
from pingmon.client.output import show
from pingmon.client.views.channels import named


def configure(parser: argparse.ArgumentParser) -> None:
    monitor_option(parser)
    examples(parser, "pingmonctl test-mon printer", "pingmonctl test-mon --id 036bc24f")


def run(options: argparse.Namespace) -> int:
    result = call(options.server_address, "test_mon", {"id": monitor_of(options)})
    show(options, result, f"delivered to {', '.join(map(named, result['channels']))}")
    return DONE
