"""find-chat"""

import argparse
import sys

from pingmon.client.bot_token import token_of
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import bot_option, token_options
from pingmon.client.output import show
from pingmon.client.terminal_text import safe


def configure(parser: argparse.ArgumentParser) -> None:
    bot_option(token_options(parser))


def run(options: argparse.Namespace) -> int:
    params = {"bot": options.bot} if options.bot else {"token": token_of(options)}
    result = call(options.server_address, "find_chat", params)
    chats = result["chats"]
    lines = (safe(f"{chat['id']}  {chat['type']}  {chat['title']}") for chat in chats)
    show(options, result, "\n".join(lines))
    if not chats:
        print(
            "the bot has heard from nobody: write it a message in Telegram (/start), or add it to "
            "the group and write /start there, then run this again",
            file=sys.stderr,
        )
    return DONE
