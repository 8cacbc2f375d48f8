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
from pingmon.client.secret_options import secret_file_options, secrets_given
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

# What says who sends is given otherwise: there is more than one source.
_SENDERS = frozenset(name for kind in CHANNEL_KINDS.values() for name in kind.sender)
_CHANNEL = tuple(one for one in united(CHANNEL_KINDS) if one.name not in _SENDERS)
_ADDRESSES = tuple(kind.address for kind in CHANNEL_KINDS.values())
_WITH_SENDER = tuple(kind for kind in CHANNEL_KINDS.values() if kind.sender)
_PROBE = united(PROBE_KINDS)
_TARGETS = tuple(kind.target for kind in PROBE_KINDS.values() if kind.target)  # as a URL


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
        of_kinds = parser.add_argument_group(f"with --mon_type {listed(names)}")
        setting_options(of_kinds, settings)
        secret_file_options(of_kinds, settings)
    for names, settings in by_owners(CHANNEL_KINDS).items():
        channel = parser.add_argument_group(f"whom to tell by {listed(names)}")
        own = [one for one in settings if one.name not in _SENDERS]
        setting_options(channel, own, _ADDRESSES[:1])
        secret_file_options(channel, own)
        if any(one.name in _SENDERS for one in settings):
            bot_option(token_options(channel))
    text = "do not wait, two timeouts and 10 s at most, to say whether it answers"
    option(device, "--no_wait", action="store_true", help=text)
    text = "do not ask first whether messages would arrive"
    option(device, "--no_verify", action="store_true", help=text)
    setting_options(
        parser.add_argument_group("when it is down"), with_defaults((*DETECTION, UP_AFTER), PROBE_KINDS)
    )
    setting_options(parser.add_argument_group("messages"), OPTIONS)
    setting_options(parser.add_argument_group("what selects it"), (TAGS,))
    if isinstance(parser, StrictParser):
        first, *others = _ADDRESSES  # tags and groups may give a channel, too
        files = (f"{one.name}_file" for one in _CHANNEL if one.is_secret)
        parser.replaceable[first] = (*others, *files, "tags", "group")
        parser.either[f"--{first}"] = listed([f"--{one}" for one in _ADDRESSES])
        parser.replaceable["ip_address"] = ("host", *_TARGETS)
        ways = ["--ip_address", "--host", *(f"--{one}" for one in _TARGETS)]
        parser.either["--ip_address"] = f"{', '.join(ways[:-1])} or {ways[-1]}"
        whom = " | ".join(f"--{one}" for one in _ADDRESSES)
        parser.usage = f"{parser.prog} {{{' | '.join(ways)}}} … {{{whom}}} … [OPTIONS]"
    examples(
        parser,
        "pingmonctl add-mon --ip_address 192.0.2.7 --name printer --chat_id 1001 --token_file token",
        "pingmonctl add-mon --ip_address 2001:db8::7 --chat_id -1002 --thread_id 7 --bot home",
        "pingmonctl add-mon --host home.example.net --chat_id 1001 --bot home --tell_address_change",
        "pingmonctl add-mon --ip_address 192.0.2.8 --chat_id 1001 --bot home --parent router",
        "pingmonctl add-mon --mon_type tcp --host nas.example.net --port 445 --email noc@example.org",
        "pingmonctl add-mon --mon_type http --url https://shop.example/ --webhook_file url",
        "pingmonctl add-mon --mon_type dns --ip_address 192.0.2.53 --query www.example.org --group night",
        "pingmonctl add-mon --ip_address 192.0.2.9 --tag site=berlin  (whose chat pingmon.toml has)",
    )


def run(options: argparse.Namespace) -> int:
    params: dict[str, Any] = {
        "mon_type": options.mon_type,
        "verify": not options.no_verify,
    }
    params |= {"ip_address": options.ip_address} if options.ip_address is not None else {}
    params |= given(options, (*HOST_AND_FAMILY, *_CHANNEL, NAME, *_PROBE, *SETTINGS))
    params |= secrets_given(options, (*_PROBE, *_CHANNEL))
    if any(kind.address in params for kind in _WITH_SENDER):
        params |= _account(options)
    else:
        _refuse_sender(options)
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


def _refuse_sender(options: argparse.Namespace) -> None:
    """What says who sends, and nobody there who receives. Exits with USAGE."""
    given = [one for one in ("token", "token_file", "bot") if getattr(options, one) is not None]
    if given:
        options.refuse(f"--{given[0]} needs {listed([f'--{one.address}' for one in _WITH_SENDER])}")


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
