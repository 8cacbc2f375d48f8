"""chat"""

import argparse
from typing import Any

from pingmon.client.argument_actions import one_of
from pingmon.client.commands.list_mon import time_option
from pingmon.client.connection import call
from pingmon.client.exit_status import DONE
from pingmon.client.options import examples, option
from pingmon.client.output import show
from pingmon.client.streams import say
from pingmon.client.time_words import local
from pingmon.client.views.chats import chats

ACTIONS = ("list", "allow", "deny", "enable", "disable")
ROLES = ("view", "operate", "admin")
_TAKES = {
    "list": (),
    "allow": ("chat_id", "user_id", "role", "lasts", "bot"),
    "deny": ("chat_id", "user_id", "bot"),
    "enable": ("bot",),
    "disable": ("bot",),
}


def configure(parser: argparse.ArgumentParser) -> None:
    text = (
        "list who may command pingmon from which chat; allow somebody to, or take it away; "
        "take commands from a bot's chats at all, or not any more"
    )
    shown = "|".join(ACTIONS)
    parser.add_argument("action", choices=ACTIONS, type=one_of(ACTIONS), metavar=shown, help=text)
    option(parser, "--chat_id", metavar="ID", help="the chat: its number or @name")
    text = "the person: /id in a chat shows the number (default: whoever is in the chat)"
    option(parser, "--user_id", metavar="N", type=int, help=text)
    text = "view: look; operate: also acknowledge and mute; admin: also add, stop, pause, set reminders"
    option(parser, "--role", metavar="|".join(ROLES), choices=ROLES, type=one_of(ROLES), help=text)
    option(parser, "--for", dest="lasts", metavar="TIME", help="how long it is allowed, as 1d")
    option(parser, "--bot", metavar="NAME", help="the bot, if there are several: its name or number")
    time_option(parser)
    examples(
        parser,
        "pingmonctl chat enable --bot home",
        "pingmonctl chat allow --chat_id -1001234567890 --user_id 42 --role admin",
        "pingmonctl chat allow --chat_id -1001234567890 --role operate --for 1d",
        "pingmonctl chat deny --chat_id -1001234567890 --user_id 42",
        "pingmonctl chat list",
    )


def run(options: argparse.Namespace) -> int:
    action = options.action
    given = {
        name: value
        for name in ("chat_id", "user_id", "role", "lasts", "bot")
        if (value := getattr(options, name)) is not None
    }
    for name in given:
        if name not in _TAKES[action]:
            options.refuse(f"chat {action} takes no --{'for' if name == 'lasts' else name}")
    if action in ("allow", "deny") and "chat_id" not in given:
        options.refuse("say which chat: --chat_id ID")
    if action == "allow" and "role" not in given:
        options.refuse("say what is allowed: --role view, operate or admin")
    if "lasts" in given:
        given["for"] = given.pop("lasts")
    result = call(options.server_address, f"chat_{action}", given)
    {"list": _list, "allow": _allowed, "deny": _denied}.get(action, _switched)(options, result)
    return DONE


def _list(options: argparse.Namespace, result: dict[str, Any]) -> None:
    show(options, result, chats(result, options.time == "absolute"))
    if not any(one["commands"] for one in result["bots"]):
        say("no bot takes commands; pingmonctl chat enable lets one")
    elif not result["allowed"]:
        say("nobody is allowed more than to look; pingmonctl chat allow changes that")


def _allowed(options: argparse.Namespace, result: dict[str, Any]) -> None:
    who = f"user {result['user_id']}" if result["user_id"] else "whoever is in it"
    until = f" until {local(result['until'])}" if result["until"] else ""
    words = f"chat {result['chat_id']}, bot {result['bot']}: {who} has the role {result['role']}{until}"
    show(options, result, words)


def _denied(options: argparse.Namespace, result: dict[str, Any]) -> None:
    who = f"user {options.user_id}" if options.user_id else "whoever is in it"
    words = "is not allowed any more" if result["changed"] else "was not allowed anything before"
    show(options, result, f"chat {options.chat_id}, bot {result['bot']}: {who} {words}")


def _switched(options: argparse.Namespace, result: dict[str, Any]) -> None:
    does = "takes commands" if options.action == "enable" else "takes no commands"
    done = does if result["changed"] else f"{does} already"
    if options.action == "disable":
        done = f"{does} any more" if result["changed"] else "took no commands before"
    show(options, result, f"bot {result['bot']} {done}")
