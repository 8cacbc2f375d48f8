"""export"""

import argparse

from pingmon.client.exit_status import DONE
from pingmon.client.monitor_list import all_monitors
from pingmon.client.options import examples, option

FORMATS = ("csv", "jsonl", "toml")


def configure(parser: argparse.ArgumentParser) -> None:
    formats = "|".join(FORMATS)
    text = "of the file (default csv)"
    option(parser, "--format", choices=FORMATS, metavar=formats, default="csv", help=text)
    examples(parser, "pingmonctl export >devices.csv", "pingmonctl export --format toml >devices.toml")


def run(options: argparse.Namespace) -> int:
    from pingmon.client.files.portable import portable
    from pingmon.client.files.write import write

    write(options.format, portable(all_monitors(options, {})))
    return DONE
