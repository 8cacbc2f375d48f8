"""Which token, or which bot, the rows of a file get from the command line."""

import argparse
import os
from typing import Any, NamedTuple

from pingmon.client.bot_token import read_token
from pingmon.client.connection import Refused
from pingmon.client.files.row import Row

BOT, TOKEN = "bot", "token"


class Tokens(NamedTuple):
    """by_bot: the name or number that rows say. fallback: of rows without a bot, or an unknown one."""

    by_bot: dict[str, str]
    fallback: str

    def params(self) -> dict[str, Any]:
        """Of import_mon."""
        found: dict[str, Any] = {"tokens": self.by_bot} if self.by_bot else {}
        return found | ({"token": self.fallback} if self.fallback else {})


def choose(options: argparse.Namespace, rows: list[Row]) -> Tokens:
    """Changes rows that get another bot by --bot. Raises Refused when it is not clear which is meant."""
    _rename_bots(options, rows)
    by_bot, plain = _given(options)
    for token in plain:  # BotFather's tokens begin with the number of their bot
        by_bot.setdefault(token.partition(":")[0], token)
    named = sorted({str(row.params[BOT]) for row in rows if BOT in row.params})
    unclear = [one for one in named if one not in by_bot]
    needing = [row for row in rows if "chat_id" in row.params]  # other kinds of channels need none
    nameless = [row for row in needing if BOT not in row.params and TOKEN not in row.params]
    if len(plain) > 1 and nameless:
        raise Refused(
            f"{nameless[0].place.words} names no bot: several tokens were given, say which is its"
        )
    if plain and len(unclear) > 1 and not nameless:
        raise Refused(
            f"the file names {len(named)} bots ({', '.join(named)}): "
            "say which token is whose, as in --token_file BOT=FILE"
        )
    if len(plain) == 1 and len(named) == len(unclear) == 1:
        by_bot[unclear[0]] = plain[0]
    fallback = plain[0] if len(plain) == 1 else ""
    if not plain and not by_bot:
        fallback = os.environ.get("PINGMON_TOKEN", "").strip()
    if nameless and not fallback and not by_bot:
        raise Refused(
            f"{options.file}: {nameless[0].place.words} names no bot, so a token is required: "
            "--token_file FILE (- is stdin), PINGMON_TOKEN, --token or --bot"
        )
    if len(named) > 1:  # it can't be the token of all of them
        for row in nameless if fallback else ():
            row.params[TOKEN] = fallback
        fallback = ""
    return Tokens(by_bot, fallback)


def _given(options: argparse.Namespace) -> tuple[dict[str, str], list[str]]:
    """By bot, and those that came without one."""
    by_bot: dict[str, str] = {}
    plain: list[str] = []
    if options.token:
        from pingmon.client.hide_argument import hide_argument  # ctypes is slow to import

        hide_argument(options.token)
        plain.append(str(options.token).strip())
    for one in options.token_file or ():
        name, equals, file = one.partition("=")
        if equals and not os.path.exists(one):  # noqa: PTH110 - pathlib is slow to import
            by_bot[name.strip()] = read_token(file)
        else:
            plain.append(read_token(one))
    return by_bot, plain


def _rename_bots(options: argparse.Namespace, rows: list[Row]) -> None:
    renamed: dict[str, str] = {}
    for_all = ""
    for one in options.bot or ():
        old, equals, new = one.partition("=")
        if equals:
            renamed[old] = new
        else:
            for_all = one
    named = {str(row.params[BOT]) for row in rows if BOT in row.params}
    if for_all and len(named - set(renamed)) > 1:
        raise Refused(
            f"the file names {len(named)} bots ({', '.join(sorted(named))}): "
            "say which is to be which, as in --bot OLD=NEW"
        )
    for row in rows:
        if "chat_id" not in row.params:
            continue
        bot = renamed.get(str(row.params.get(BOT, "")), for_all)
        if bot and TOKEN not in row.params:
            row.params[BOT] = bot
