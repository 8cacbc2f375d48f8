"""explain"""

import argparse

from pingmon.client import render
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import given, id_option, setting_options
from pingmon.client.output import show
from pingmon.kinds.monitor_settings import DETECTION


def configure(parser: argparse.ArgumentParser) -> None:
    id_option(parser)
    setting_options(parser, DETECTION)


def run(options: argparse.Namespace) -> int:
    changes = given(options, DETECTION)
    result = call(options.server_address, "explain", {"id": options.id} | changes)
    show(options, result, render.explain(result))
    return DONE
