"""find-chat"""

import argparse
from typing import Any

from pingmon.client.bot_token import token_or_question
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import bot_option, examples, option, token_options
from pingmon.client.output import count, show
from pingmon.client.streams import say
from pingmon.client.table import NOTHING, Column, lines, screen_width
from pingmon.client.terminal_text import safe


def configure(parser: argparse.ArgumentParser) -> None:
    bot_option(token_options(parser))
    text = (
        "if 100 updates hide newer ones, confirm them to see these too; no other program gets them then"
    )
    option(parser, "--discard", action="store_true", help=text)
    examples(parser, "pingmonctl find-chat --token_file token", "pingmonctl find-chat --bot home")


def run(options: argparse.Namespace) -> int:
    params: dict[str, Any]
    if options.bot:
        params = {"bot": options.bot}
    else:
        token = token_or_question(options)
        if not token:
            options.refuse("a token is required: --token_file FILE, PINGMON_TOKEN, --token or --bot")
        params = {"token": token}
    if options.discard:
        params["discard"] = True
    result = call(options.server_address, "find_chat", params)
    chats = result["chats"]
    columns = [
        Column("CHAT", [str(chat["id"]) for chat in chats]),
        Column("TYPE", [chat["type"] or NOTHING for chat in chats]),
        Column("TITLE", [safe(chat["title"]) or NOTHING for chat in chats], 8),
    ]
    show(options, result, "\n".join(lines(columns, screen_width())) if chats else "")
    if result["discarded"]:
        say(f"{count(result['discarded'], 'update')} discarded: no other program of this bot gets them")
    if result["more"]:
        say(
            "100 updates wait for this bot, and Telegram shows no newer ones: chats that wrote later "
            "are missing here; --discard shows them, and takes the older updates from other programs"
        )
    elif not chats:
        say(
            "the bot has heard from nobody: write it a message in Telegram (/start), or add it to "
            "the group and write /start there, then run this again"
        )
    return DONE
