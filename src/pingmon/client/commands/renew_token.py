"""renew-token"""

import argparse

from pingmon.client.bot_token import token_or_question
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, option, token_options
from pingmon.client.output import show
from pingmon.client.streams import say
from pingmon.client.terminal_text import safe


def configure(parser: argparse.ArgumentParser) -> None:
    text = "which bot the token must be of: declared name, username or number"
    option(parser, "--bot", metavar="NAME", help=text)
    token_options(parser)
    examples(
        parser,
        "pingmonctl renew-token --token_file token",
        "pingmonctl renew-token --bot home --token_file /etc/pingmon/home.token",
    )


def run(options: argparse.Namespace) -> int:
    token = token_or_question(options)
    if not token:
        options.refuse("the new token is required: --token_file FILE (- is stdin) or --token")
    params = {"token": token} | ({"bot": options.bot} if options.bot else {})
    result = call(options.server_address, "renew_token", params)
    show(options, result, safe(result["bot"]))
    if not result["changed"]:
        say("this token is in use already")
    elif result["declared"]:
        say(
            f"the configuration declares this bot as {result['declared']}: write the token to its file, "
            "too, or the old one is back at the next start"
        )
    return DONE
