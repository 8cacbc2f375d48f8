"""import"""

import argparse

from pingmon.client.bot_token import token_of
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, option, token_options
from pingmon.client.output import show


def configure(parser: argparse.ArgumentParser) -> None:
    text = "CSV with header, JSON lines or TOML ([defaults], [[monitor]]); - is stdin"
    parser.add_argument("file", metavar="FILE", help=text)
    token_options(parser)
    option(parser, "--no_verify", action="store_true", help="do not ask Telegram first")
    examples(
        parser,
        "pingmonctl import devices.csv --token_file token --dry_run",
        "pingmonctl import devices.toml --token_file token",
    )
    option(parser, "--dry_run", action="store_true", help="say what would be done, change nothing")


def run(options: argparse.Namespace) -> int:
    from pingmon.client.bulk import import_file

    total = import_file(options, token_of(options))
    words = f"{total['created']} added, {total['existing']} were watched already"
    show(options, total, ("dry run: " if options.dry_run else "") + words)
    return DONE
