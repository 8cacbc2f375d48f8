"""explain"""

import argparse

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, given, monitor_of, monitor_option, setting_options
from pingmon.client.output import show
from pingmon.client.views.explain import explain
from pingmon.kinds.common_settings import DETECTION


def configure(parser: argparse.ArgumentParser) -> None:
    monitor_option(parser)
    group = parser.add_argument_group("other settings to forecast; nothing is changed")
    setting_options(group, DETECTION, unchanged=True)
    examples(
        parser, "pingmonctl explain printer", "pingmonctl explain --id 036bc24f --false_alarms 1/day"
    )


def run(options: argparse.Namespace) -> int:
    params = {"id": monitor_of(options)} | given(options, DETECTION)
    result = call(options.server_address, "explain", params)
    show(options, result, explain(result))
    return DONE
