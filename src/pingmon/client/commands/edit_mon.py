"""edit-mon"""

import argparse
from typing import Any

from pingmon.client.argument_actions import OneOrMore, Several
from pingmon.client.bot_token import token_of
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import (
    bot_option,
    examples,
    given,
    listed,
    monitor_of,
    monitor_option,
    option,
    setting_options,
    token_options,
)
from pingmon.client.output import count, device, show
from pingmon.client.secret_options import hide_secrets, secret_file_options, secrets_given
from pingmon.client.selection import (
    NAMED,
    change_selected,
    confirmation_options,
    needed_selectors,
    selector_options,
)
from pingmon.client.streams import say
from pingmon.client.strict_parser import StrictParser
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.common_settings import (
    DETECTION,
    HOST_AND_FAMILY,
    NAME,
    OPTIONS,
    SETTINGS,
    TAGS,
    UP_AFTER,
)
from pingmon.kinds.declaration import ChannelKind
from pingmon.kinds.united import by_owners, united

_PROBE = united(PROBE_KINDS)
# What says who sends is given otherwise: there is more than one source.
_SENDERS = frozenset(name for kind in CHANNEL_KINDS.values() for name in kind.sender)
_CHANNEL = tuple(one for one in united(CHANNEL_KINDS) if one.name not in _SENDERS)
_ADDRESSES = tuple(kind.address for kind in CHANNEL_KINDS.values())
_CHANGED = (NAME, *_PROBE, *(one for one in SETTINGS if one is not TAGS), *_CHANNEL)
_NAMES = tuple(one.name for one in (NAME, *_PROBE, *SETTINGS, *_CHANNEL))
# What these say is a setting here; --where selects by them.
_LISTS = (
    "add_tag",
    "remove_tag",
    *(f"{what}_{name}" for name in _ADDRESSES for what in ("add", "remove")),
)
_NO_SELECTORS = ("name", "chat_id", "bot", "parent", "ip_address", "host")


def configure(parser: argparse.ArgumentParser) -> None:
    if isinstance(parser, StrictParser):
        parser.never["--mon_type"] = "a monitor keeps its mon_type: add another one, and delete this one"
    monitor_option(parser)
    selector_options(parser, but=_NO_SELECTORS, has_ids=False)
    text = "let a setting return to its default; may be given several times"
    option(parser, "--unset", action=Several, choices=_NAMES, metavar="SETTING", help=text)
    group = parser.add_argument_group("settings; what is not given stays unchanged")
    text = "another address: what is so there is found out afresh"
    what = group.add_mutually_exclusive_group()
    option(what, "--ip_address", metavar="IP", help=text)
    host, family = HOST_AND_FAMILY
    setting_options(what, (host,), unchanged=True)
    setting_options(group, (family,), unchanged=True)
    setting_options(group, (NAME, *DETECTION, UP_AFTER, *OPTIONS), unchanged=True)
    for kinds, settings in by_owners(PROBE_KINDS).items():
        of_kinds = parser.add_argument_group(f"of {listed(kinds)}")
        setting_options(of_kinds, settings, unchanged=True)
        secret_file_options(of_kinds, settings)
    for kind in CHANNEL_KINDS.values():
        _channel_options(parser.add_argument_group(f"whom to tell by {kind.name}"), kind)
    option(group, "--add_tag", action=Several, metavar="TAG", help="give it a tag, as site=berlin")
    text = "take a tag away; a key alone takes all its values"
    option(group, "--remove_tag", action=Several, metavar="TAG", help=text)
    text = "do not ask first whether messages would arrive"
    option(parser, "--no_verify", action="store_true", help=text)
    confirmation_options(parser)
    examples(
        parser,
        "pingmonctl edit-mon printer --interval 5",
        "pingmonctl edit-mon --id 036bc24f --false_alarms 1/month --max_delay 60",
        "pingmonctl edit-mon printer --token_file new.token",
        "pingmonctl edit-mon printer --ip_address 192.0.2.9 --chat_id -1002 --thread_id 7",
        "pingmonctl edit-mon --where ip_address=10.1.0.0/16 --add_tag site=berlin --yes",
        'pingmonctl edit-mon printer --unset interval --parent ""',
    )


def _channel_options(whom: Any, kind: ChannelKind) -> None:
    (address,) = (one for one in kind.settings if one.name == kind.address)
    what = "chat" if kind.address == "chat_id" else f"channel of kind {kind.name}"
    text = f"another first {what}; several: all of them, in this order"
    option(whom, f"--{kind.address}", action=OneOrMore, metavar=address.metavar, help=text)
    secret_file_options(whom, (address,))
    others = (one for one in kind.settings if one.name not in (kind.address, *kind.sender))
    setting_options(whom, others, unchanged=True)
    text = f"a {what} to be told besides" + (", by the same bot" if kind.sender else "")
    option(whom, f"--add_{kind.address}", action=Several, metavar=address.metavar, help=text)
    text = f"a {what} to be told no more; not the first of all channels"
    option(whom, f"--remove_{kind.address}", action=Several, metavar=address.metavar, help=text)
    if kind.sender:
        text = "a newer token of its bot, for all monitors of the bot; or another bot's"
        bot_option(token_options(whom, text))


def run(options: argparse.Namespace) -> int:
    which = needed_selectors(options, _NO_SELECTORS)
    if "id" in which:
        which["id"] = [monitor_of(options)]  # several are --where id=ONE --where id=OTHER
    changes: dict[str, Any] = given(options, (*HOST_AND_FAMILY, *_CHANGED))
    changes |= secrets_given(options, (*_PROBE, *_CHANNEL))
    changes |= _lists(options)
    if options.unset:
        changes["unset"] = list(dict.fromkeys(options.unset))
    if options.token is not None or options.token_file is not None:
        changes["token"] = token_of(options)
    if options.bot is not None:
        changes["bot"] = options.bot
    if options.ip_address is not None:
        changes["ip_address"] = options.ip_address
    if not changes:
        hint = "; --tag selects, --add_tag gives a tag" if options.tag else ""
        options.refuse(f"say what to change, as --interval 5 or --unset interval{hint}")
    if options.no_verify:
        changes["verify"] = False
    if set(which) != {"id"} or options.dry_run:
        return _edit_several(options, which, changes)
    result = call(options.server_address, "edit_mon", {"id": which["id"][0]} | changes)
    show(options, result, result["id"])
    if not result["changed"]:
        say("it has these settings already")
    elif result.get("changes"):
        say(f"changed: {result['changes']}")
    return DONE


def _lists(options: argparse.Namespace) -> dict[str, list[str]]:
    found = {name: its for name in _LISTS if (its := getattr(options, name))}
    secrets = {one.name for one in _CHANNEL if one.is_secret}
    for name in (its for its in found if its.partition("_")[2] in secrets):
        hide_secrets(found[name])
    return found


def _edit_several(options: argparse.Namespace, which: dict[str, Any], changes: dict[str, Any]) -> int:
    result = change_selected(options, "edit_mon", which, changes, "change")
    if result is None:
        return DONE
    changed = [one for one in result["monitors"] if one["changed"]]
    show(options, result, "\n".join(one["id"] for one in result["monitors"]))
    for one in changed[:NAMED]:
        say(f"changed {device(one)}: {one['changes']}")
    say(f"{result['changed']} of {count(len(result['monitors']), 'monitor')} were changed")
    if result.get("renewed"):
        say("their bot has another token")
    return DONE
