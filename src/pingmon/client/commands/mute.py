"""mute"""

import argparse
from typing import Any

from pingmon.client.options import examples, option
from pingmon.client.output import device
from pingmon.client.selection import confirmation_options, run_on_selected, selector_options


def configure(parser: argparse.ArgumentParser) -> None:
    selector_options(parser)
    how_long = parser.add_argument_group("how long; one of these is needed")
    option(how_long, "--for", dest="lasts", metavar="TIME", help="so long, as 2h or 1d 3h")
    text = "until then: 18:00, tomorrow 08:00, mon 08:00, 2026-12-01 18:00"
    option(how_long, "--until", metavar="TIME", help=text)
    option(how_long, "--until_up", action="store_true", help="until it is up again")
    text = "without end; the chat is reminded of it each week"
    option(how_long, "--indefinitely", action="store_true", help=text)
    option(parser, "--comment", metavar="TEXT", help="why, for people")
    confirmation_options(parser)
    examples(
        parser,
        "pingmonctl mute printer --for 2h",
        'pingmonctl mute --parent router --until_up --comment "fibre is cut"',
        "pingmonctl mute --tag site=berlin --until 18:00 --yes",
    )


def run(options: argparse.Namespace) -> int:
    lengths: dict[str, Any] = {
        "for": options.lasts,
        "until": options.until,
        "until_up": options.until_up,
        "indefinitely": options.indefinitely,
    }
    given = {name: value for name, value in lengths.items() if value}
    if len(given) != 1:
        options.refuse("say how long, once: --for 2h, --until 18:00, --until_up or --indefinitely")
    params = given | {"comment": options.comment or ""}
    return run_on_selected(options, "mute", params, "mute", _words)


def _words(monitor: dict[str, Any]) -> str:
    return f"muted {device(monitor)}" if monitor["changed"] else f"{device(monitor)} was muted so already"
