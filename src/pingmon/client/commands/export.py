"""export"""

import argparse

from pingmon.client.exit_status import DONE
from pingmon.client.monitor_list import all_monitors
from pingmon.client.options import option

FORMATS = ("csv", "jsonl", "toml")


def configure(parser: argparse.ArgumentParser) -> None:
    option(parser, "--format", choices=FORMATS, default="csv", help="default csv")


def run(options: argparse.Namespace) -> int:
    from pingmon.client.files.portable import portable
    from pingmon.client.files.write import write

    write(options.format, portable(all_monitors(options, {})))
    return DONE
