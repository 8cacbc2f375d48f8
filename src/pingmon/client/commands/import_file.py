"""import"""

import argparse

from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, option
from pingmon.client.output import show


def configure(parser: argparse.ArgumentParser) -> None:
    text = "CSV with header, JSON, or TOML ([defaults], [[monitor]]); - is stdin"
    parser.add_argument("file", metavar="FILE", help=text)
    text = "the bot's token; --token_file keeps it out of your shell's history"
    option(parser, "--token", help=text)
    text = "file with the token, - for stdin; BOT=FILE (several) when the file names several bots"
    option(parser, "--token_file", action="append", metavar="FILE", help=text)
    text = "a bot that the daemon knows, for all; OLD=NEW (several) for those that the file calls OLD"
    option(parser, "--bot", action="append", metavar="NAME", help=text)
    option(
        parser, "--no_verify", action="store_true", help="do not ask first whether messages would arrive"
    )
    examples(
        parser,
        "pingmonctl import devices.csv --token_file token --dry_run",
        "pingmonctl import devices.toml --token_file token",
    )
    option(parser, "--dry_run", action="store_true", help="say what would be done, change nothing")


def run(options: argparse.Namespace) -> int:
    from pingmon.client.bulk.import_file import import_file

    total = import_file(options)
    words = f"{total['created']} added, {total['existing']} were watched already"
    show(options, total, ("dry run: " if options.dry_run else "") + words)
    return DONE
