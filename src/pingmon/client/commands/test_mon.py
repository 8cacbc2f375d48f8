"""test-mon"""

import argparse

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import id_option
from pingmon.client.output import show


def configure(parser: argparse.ArgumentParser) -> None:
    id_option(parser)


def run(options: argparse.Namespace) -> int:
    result = call(options.server_address, "test_mon", {"id": options.id})
    show(options, result, f"delivered to chat {result['chat_id']}")
    return DONE
