"""export"""

import argparse

from pingmon.client.exit_status import DONE
from pingmon.client.monitor_list import all_monitors
from pingmon.client.options import examples, option
from pingmon.client.output import show

FORMATS = ("csv", "jsonl", "toml")


def configure(parser: argparse.ArgumentParser) -> None:
    formats = "|".join(FORMATS)
    text = "of the file (default csv); --output json prints one object, which import takes, too"
    option(parser, "--format", choices=FORMATS, metavar=formats, help=text)
    examples(
        parser,
        "pingmonctl export >devices.csv",
        "pingmonctl export --format toml >devices.toml",
        "pingmonctl export -o json",
    )


def run(options: argparse.Namespace) -> int:
    from pingmon.client.files.portable import portable
    from pingmon.client.files.write import settings_of, write

    if options.output == "json" and options.format:
        options.refuse("--format excludes --output json")
    rows = portable(all_monitors(options, {}))
    if options.output == "json":
        show(options, {"monitors": settings_of(rows)}, "")
    else:
        write(options.format or FORMATS[0], rows)
    return DONE
