"""add-mon"""

import argparse
from typing import Any

from pingmon.client.bot_token import token_or_question
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.first_reply import say_whether_it_answers
from pingmon.client.options import (
    bot_option,
    examples,
    given,
    listed,
    option,
    setting_options,
    token_options,
)
from pingmon.client.output import show
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
from pingmon.kinds.united import by_owners, united, with_defaults

_TOKEN = ("token", "bot")  # options with more than one source
_CHANNEL = tuple(
    one for kind in CHANNEL_KINDS.values() for one in kind.settings if one.name not in _TOKEN
)
_PROBE = united(PROBE_KINDS)
_TARGETS = tuple(kind.target for kind in PROBE_KINDS.values() if kind.target)  # as a URL
_REQUIRED = next(iter(CHANNEL_KINDS.values())).required if len(CHANNEL_KINDS) == 1 else ()


def configure(parser: argparse.ArgumentParser) -> None:
    device = parser.add_argument_group("the device")
    what = device.add_mutually_exclusive_group()
    option(what, "--ip_address", metavar="IP", help="IPv4, IPv6 or fe80::1%%eth0")
    host, family = HOST_AND_FAMILY
    setting_options(what, (host,))
    setting_options(device, (family,))
    default = next(iter(PROBE_KINDS))
    kinds = ", ".join(PROBE_KINDS)
    setting_options(device, (NAME,))
    option(
        device,
        "--mon_type",
        default=default,
        metavar="KIND",
        help=f"kind of probe: {kinds} (default {default})",
    )
    for names, settings in by_owners(PROBE_KINDS).items():
        setting_options(parser.add_argument_group(f"with --mon_type {listed(names)}"), settings)
    channel = parser.add_argument_group("whom to tell")
    setting_options(channel, _CHANNEL, _REQUIRED)
    bot_option(token_options(channel))
    option(channel, "--no_verify", action="store_true", help="do not ask Telegram first")
    text = "do not wait, two timeouts and 10 s at most, to say whether it answers"
    option(device, "--no_wait", action="store_true", help=text)
    setting_options(
        parser.add_argument_group("when it is down"), with_defaults((*DETECTION, UP_AFTER), PROBE_KINDS)
    )
    setting_options(parser.add_argument_group("messages"), OPTIONS)
    setting_options(parser.add_argument_group("what selects it"), (TAGS,))
    if isinstance(parser, StrictParser):
        parser.replaceable = dict.fromkeys(_REQUIRED, ("tags", "group"))  # which may give a channel
        parser.replaceable["ip_address"] = ("host", *_TARGETS)
        parser.either["--ip_address"] = "--ip_address or --host"
    examples(
        parser,
        "pingmonctl add-mon --ip_address 192.0.2.7 --name printer --chat_id 1001 --token_file token",
        "pingmonctl add-mon --ip_address 2001:db8::7 --chat_id -1002 --thread_id 7 --bot home",
        "pingmonctl add-mon --host home.example.net --chat_id 1001 --bot home --tell_address_change",
        "pingmonctl add-mon --ip_address 192.0.2.8 --chat_id 1001 --bot home --parent router",
        "pingmonctl add-mon --ip_address 192.0.2.9 --tag site=berlin  (whose chat pingmon.toml has)",
    )


def run(options: argparse.Namespace) -> int:
    params: dict[str, Any] = {
        "mon_type": options.mon_type,
        "verify": not options.no_verify,
    }
    params |= {"ip_address": options.ip_address} if options.ip_address is not None else {}
    params |= given(options, (*HOST_AND_FAMILY, *_CHANNEL, NAME, *_PROBE, *SETTINGS))
    if "chat_id" in params:
        params |= _account(options)
    which = next((f"--{one} {params[one]}" for one in ("ip_address", "host") if params.get(one)), "")
    unknown = f"pingmond was asked to add it and may still do so: pingmonctl list-mon {which}".rstrip()
    result = call(options.server_address, "add_mon", params, f"{unknown} shows")

    def show_id() -> None:
        show(options, result, result["id"])

    if result["created"] and not options.no_wait:
        return say_whether_it_answers(options.server_address, result["id"], show_id)
    show_id()
    if not result["created"]:
        say("this was being watched already, nothing was added")
    return DONE


def _account(options: argparse.Namespace) -> dict[str, str]:
    """Who sends: a declared bot, or a token. Exits with USAGE when there is neither."""
    if options.bot:
        return {"bot": options.bot}
    token = token_or_question(options)
    if not token:
        options.refuse(
            "a token is required: --token_file FILE (- is stdin), PINGMON_TOKEN, --token or --bot"
        )
    return {"token": token}
