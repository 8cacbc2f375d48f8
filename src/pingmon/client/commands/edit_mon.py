"""edit-mon"""

import argparse
import sys

from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import given, id_option, setting_options
from pingmon.client.output import show
from pingmon.kinds import PROBE_KINDS
from pingmon.kinds.monitor_settings import NAME, SETTINGS

_PROBE = tuple(one for kind in PROBE_KINDS.values() for one in kind.settings)
_CHANGED = (NAME, *_PROBE, *SETTINGS)


def configure(parser: argparse.ArgumentParser) -> None:
    id_option(parser)
    setting_options(parser, _CHANGED)


def run(options: argparse.Namespace) -> int:
    changes = given(options, _CHANGED)
    result = call(options.server_address, "edit_mon", {"id": options.id} | changes)
    show(options, result, result["id"])
    if not result["changed"]:
        print("it has these settings already", file=sys.stderr)
    return DONE
