"""add-mon"""

import argparse
import sys
from typing import Any

from pingmon.client.bot_token import token_of
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE, USAGE
from pingmon.client.options import bot_option, given, option, setting_options, token_options
from pingmon.client.output import show
from pingmon.kinds import CHANNEL_KINDS, PROBE_KINDS
from pingmon.kinds.monitor_settings import NAME, SETTINGS

_TOKEN = ("token", "bot")  # options with more than one source
_CHANNEL = tuple(
    one for kind in CHANNEL_KINDS.values() for one in kind.settings if one.name not in _TOKEN
)
_PROBE = tuple(one for kind in PROBE_KINDS.values() for one in kind.settings)
_REQUIRED = next(iter(CHANNEL_KINDS.values())).required if len(CHANNEL_KINDS) == 1 else ()


def configure(parser: argparse.ArgumentParser) -> None:
    setting_options(parser, _CHANNEL, _REQUIRED)
    bot_option(token_options(parser))
    option(parser, "--ip_address", required=True, metavar="IP", help="IPv4, IPv6 or fe80::1%%eth0")
    default = next(iter(PROBE_KINDS))
    kinds = ", ".join(PROBE_KINDS)
    option(parser, "--mon_type", default=default, help=f"kind of probe: {kinds} (default {default})")
    setting_options(parser, (NAME, *_PROBE, *SETTINGS))
    option(parser, "--no_verify", action="store_true", help="do not ask Telegram first")


def run(options: argparse.Namespace) -> int:
    token = token_of(options)
    params: dict[str, Any] = {
        "ip_address": options.ip_address,
        "mon_type": options.mon_type,
        "verify": not options.no_verify,
    }
    params |= given(options, (*_CHANNEL, NAME, *_PROBE, *SETTINGS))
    if "chat_id" in params and not token and not options.bot:
        print(
            "pingmonctl: a token is required: --token_file FILE (- is stdin), PINGMON_TOKEN, "
            "--token or --bot",
            file=sys.stderr,
        )
        return USAGE
    if "chat_id" in params:
        params |= {"bot": options.bot} if options.bot else {"token": token}
    result = call(options.server_address, "add_mon", params)
    show(options, result, result["id"])
    if not result["created"]:
        print("this was being watched already, nothing was added", file=sys.stderr)
    return DONE
