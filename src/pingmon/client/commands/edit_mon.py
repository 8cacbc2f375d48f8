"""edit-mon"""

import argparse
from typing import Any

from pingmon.client.argument_actions import Several
from pingmon.client.bot_token import token_of
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import (
    examples,
    given,
    monitor_of,
    monitor_option,
    option,
    setting_options,
    token_options,
)
from pingmon.client.output import show
from pingmon.client.streams import say
from pingmon.kinds import PROBE_KINDS
from pingmon.kinds.monitor_settings import DETECTION, NAME, OPTIONS, SETTINGS, UP_AFTER

_PROBE = tuple(one for kind in PROBE_KINDS.values() for one in kind.settings)
_CHANGED = (NAME, *_PROBE, *SETTINGS)
_NAMES = tuple(one.name for one in _CHANGED)


def configure(parser: argparse.ArgumentParser) -> None:
    monitor_option(parser)
    text = "let a setting return to its default; may be given several times"
    option(parser, "--unset", action=Several, choices=_NAMES, metavar="SETTING", help=text)
    text = "give it a tag, as printer or site=berlin; several are taken"
    option(parser, "--add_tag", action=Several, metavar="TAG", help=text)
    text = "take a tag away; a key alone stands for all its values; several are taken"
    option(parser, "--remove_tag", action=Several, metavar="TAG", help=text)
    group = parser.add_argument_group("settings; what is not given stays unchanged")
    setting_options(group, (NAME, *_PROBE, *DETECTION, UP_AFTER, *OPTIONS), unchanged=True)
    token_options(parser, "a newer token of its bot, which all monitors of the bot get")
    examples(
        parser,
        "pingmonctl edit-mon printer --interval 5",
        "pingmonctl edit-mon --id 036bc24f --false_alarms 1/month --max_delay 60",
        "pingmonctl edit-mon printer --token_file new.token",
        'pingmonctl edit-mon printer --unset interval --parent ""',
    )


def run(options: argparse.Namespace) -> int:
    which = monitor_of(options)
    changes: dict[str, Any] = given(options, _CHANGED)
    if options.unset:
        changes["unset"] = list(dict.fromkeys(options.unset))
    changes |= {one: tags for one in ("add_tag", "remove_tag") if (tags := getattr(options, one))}
    if options.token is not None or options.token_file is not None:
        changes["token"] = token_of(options)
    if not changes:
        options.refuse("say what to change, as --interval 5 or --unset interval")
    result = call(options.server_address, "edit_mon", {"id": which} | changes)
    show(options, result, result["id"])
    if not result["changed"]:
        say("it has these settings already")
    elif result.get("changes"):
        say(f"changed: {result['changes']}")
    return DONE
