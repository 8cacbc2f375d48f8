"""outbox"""

import argparse
from typing import Any

from pingmon.client.argument_actions import one_of
from pingmon.client.commands.list_mon import time_option
from pingmon.client.confirmation import is_agreed
from pingmon.client.connection import Refused, call
from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.options import MONITOR, examples, listed, option
from pingmon.client.output import count, device, show
from pingmon.client.streams import say
from pingmon.client.views.channels import counted
from pingmon.client.views.outbox import waiting
from pingmon.kinds import CHANNEL_KINDS

ACTIONS = ("list", "retry", "drop")
_ADDRESSES = tuple(kind.address for kind in CHANNEL_KINDS.values())
_SELECTORS = ("id", *_ADDRESSES, "bot")


def configure(parser: argparse.ArgumentParser) -> None:
    text = "list what waits; retry it now, but not before its service wants; drop it"
    shown = "|".join(ACTIONS)
    parser.add_argument("action", choices=ACTIONS, type=one_of(ACTIONS), metavar=shown, help=text)
    which = parser.add_argument_group("which messages (default: all; drop wants it said)")
    option(which, "--id", metavar="MONITOR", help=f"about {MONITOR}; deleted ones by ID")
    for kind in CHANNEL_KINDS.values():
        (setting,) = (one for one in kind.settings if one.name == kind.address)
        text = "to this chat" if kind.address == "chat_id" else f"to this address of {kind.name}"
        option(which, f"--{kind.address}", metavar=setting.metavar, help=text)
    option(which, "--bot", metavar="NAME", help="by this bot: its name or number")
    option(which, "--all", action="store_true", help="all of them")
    option(parser, "--yes", action="store_true", help="drop without asking")
    time_option(parser)
    examples(
        parser,
        "pingmonctl outbox list",
        "pingmonctl outbox retry --chat_id 1001",
        "pingmonctl outbox drop --id printer",
    )


def run(options: argparse.Namespace) -> int:
    wanted = {key: value for key in _SELECTORS if (value := getattr(options, key)) is not None}
    if options.all and wanted:
        options.refuse(f"--all excludes {listed([f'--{one}' for one in _SELECTORS], 'and')}")
    return {"list": _list, "retry": _retry, "drop": _drop}[options.action](options, wanted)


def _list(options: argparse.Namespace, wanted: dict[str, Any]) -> int:
    result = call(options.server_address, "outbox_list", wanted)
    channels = result["channels"]
    show(options, result, waiting(channels, options.time == "absolute") if channels else "")
    if not channels:
        say("no message waits")
    return DONE


def _retry(options: argparse.Namespace, wanted: dict[str, Any]) -> int:
    result = call(options.server_address, "outbox_retry", wanted)
    if not result["waiting"]:
        raise Refused("no message waits that could be tried again")
    channels = result["channels"]
    words = f"{count(result['waiting'], 'message')} for {count(len(channels), counted(channels))}"
    show(options, result, f"{words}: tried again as soon as their service allows")
    return DONE


def _drop(options: argparse.Namespace, wanted: dict[str, Any]) -> int:
    if not wanted and not options.all:
        options.refuse(
            f"say which messages to drop: {listed([f'--{one}' for one in (*_SELECTORS, 'all')])}"
        )
    found = call(options.server_address, "outbox_list", wanted)["channels"]
    total = sum(one["waiting"] for one in found)
    if not total:
        raise Refused("no message waits that could be dropped")
    question = f"drop {count(total, 'message')} for {count(len(found), counted(found))}?"
    if not ("id" in wanted or options.yes or is_agreed(question)):
        say(f"pingmonctl: nothing was dropped; --yes drops {count(total, 'message')} without asking")
        return REFUSED
    result = call(options.server_address, "outbox_drop", wanted | ({"all": True} if options.all else {}))
    show(options, result, f"dropped {count(result['dropped'], 'message')}")
    for one in result["untold"]:
        say(f"nobody was told the state of {device(one)}")
    return DONE
