"""apply"""

import argparse

from pingmon.client.commands import import_file
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, option
from pingmon.client.output import show


def configure(parser: argparse.ArgumentParser) -> None:
    import_file.configure(parser)
    examples(
        parser,
        "pingmonctl apply devices.csv --dry_run",
        "pingmonctl apply devices.csv --token_file token",
    )
    option(parser, "--yes", action="store_true", help="delete what the file lacks without asking")
    option(parser, "--delete_all", action="store_true", help="allow that no monitor of now is left")


def run(options: argparse.Namespace) -> int:
    from pingmon.client.bulk.apply_file import apply_file

    done = apply_file(options)
    words = f"{done['created']} added, {done['changed']} changed, {done['deleted']} deleted"
    show(options, done, ("dry run: " if options.dry_run else "") + words)
    return DONE
