"""renew-token"""

import argparse
import sys

from pingmon.client.bot_token import token_of
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE, USAGE
from pingmon.client.options import option, token_options
from pingmon.client.output import show
from pingmon.client.terminal_text import safe


def configure(parser: argparse.ArgumentParser) -> None:
    text = "which bot the token must be of: declared name, username or number"
    option(parser, "--bot", metavar="NAME", help=text)
    token_options(parser)


def run(options: argparse.Namespace) -> int:
    token = token_of(options)
    if not token:
        print("pingmonctl: give the new token: --token_file FILE (- is stdin)", file=sys.stderr)
        return USAGE
    params = {"token": token} | ({"bot": options.bot} if options.bot else {})
    result = call(options.server_address, "renew_token", params)
    show(options, result, safe(result["bot"]))
    if not result["changed"]:
        print("this token is in use already", file=sys.stderr)
    elif result["declared"]:
        words = f"the configuration declares this bot as {safe(result['declared'])}: write the token to "
        print(f"{words}its file, too, or the old one is back at the next start", file=sys.stderr)
    return DONE
