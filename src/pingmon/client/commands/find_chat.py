"""find-chat"""

import argparse

from pingmon.client.bot_token import token_or_question
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import bot_option, examples, token_options
from pingmon.client.output import show
from pingmon.client.streams import say
from pingmon.client.table import NOTHING, Column, lines, screen_width
from pingmon.client.terminal_text import safe


def configure(parser: argparse.ArgumentParser) -> None:
    bot_option(token_options(parser))
    examples(parser, "pingmonctl find-chat --token_file token", "pingmonctl find-chat --bot home")


def run(options: argparse.Namespace) -> int:
    if options.bot:
        params = {"bot": options.bot}
    else:
        token = token_or_question(options)
        if not token:
            options.refuse("a token is required: --token_file FILE, PINGMON_TOKEN, --token or --bot")
        params = {"token": token}
    result = call(options.server_address, "find_chat", params)
    chats = result["chats"]
    columns = [
        Column("CHAT", [str(chat["id"]) for chat in chats]),
        Column("TYPE", [chat["type"] or NOTHING for chat in chats]),
        Column("TITLE", [safe(chat["title"]) or NOTHING for chat in chats], 8),
    ]
    show(options, result, "\n".join(lines(columns, screen_width())) if chats else "")
    if not chats:
        say(
            "the bot has heard from nobody: write it a message in Telegram (/start), or add it to "
            "the group and write /start there, then run this again"
        )
    return DONE
