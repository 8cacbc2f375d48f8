"""pingmonctl: data goes to stdout, words to stderr."""

import argparse
import json
import os
import sys
from typing import Any

from pingmon.client import render
from pingmon.client.connection import CannotReach, Refused, call
from pingmon.client.parser import build_parser

DONE, REFUSED, USAGE, CANNOT_REACH = 0, 1, 2, 3
PAGE = 500  # monitors; a longer answer keeps the pinger waiting while it is encoded
_RULES = ("interval", "timeout", "false_alarms", "max_delay", "down_after", "down_after_seconds")
_SETTINGS = ("name", *_RULES, "up_after", "parent", "language", "quiet", "tell_slow")
_OPTIONAL = ("thread_id", *_SETTINGS)


def main(arguments: list[str] | None = None) -> int:
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except Refused as error:
        print(f"pingmonctl: {error}", file=sys.stderr)
        return REFUSED
    except CannotReach as error:
        print(f"pingmonctl: {error}", file=sys.stderr)
        return CANNOT_REACH
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return 130


def _add(options: argparse.Namespace) -> int:
    token = _token(options)
    if not token and not options.bot:
        print(
            "pingmonctl: a token is required: --token_file FILE (- is stdin), PINGMON_TOKEN, "
            "--token or --bot",
            file=sys.stderr,
        )
        return USAGE
    params: dict[str, Any] = {
        "ip_address": options.ip_address,
        "chat_id": options.chat_id,
        "mon_type": options.mon_type,
        "verify": not options.no_verify,
    }
    params |= {"bot": options.bot} if options.bot else {"token": token}
    params |= {key: v for key in _OPTIONAL if (v := getattr(options, key)) is not None}
    result = call(options.server_address, "add_mon", params)
    _print(options, result, result["id"])
    if not result["created"]:
        print("this was being watched already, nothing was added", file=sys.stderr)
    return DONE


def _edit(options: argparse.Namespace) -> int:
    changes = {key: v for key in _SETTINGS if (v := getattr(options, key)) is not None}
    result = call(options.server_address, "edit_mon", {"id": options.id} | changes)
    _print(options, result, result["id"])
    if not result["changed"]:
        print("it has these settings already", file=sys.stderr)
    return DONE


def _explain(options: argparse.Namespace) -> int:
    changes = {key: v for key in _RULES if (v := getattr(options, key)) is not None}
    result = call(options.server_address, "explain", {"id": options.id} | changes)
    _print(options, result, render.explain(result))
    return DONE


def _delete(options: argparse.Namespace) -> int:
    result = call(options.server_address, "del_mon", {"id": options.id})
    _print(options, result, result["id"])
    if not result["deleted"]:
        print("this was deleted before", file=sys.stderr)
    return DONE


def _list(options: argparse.Namespace) -> int:
    params = {key: v for key in ("state", "ip_address", "chat_id") if (v := getattr(options, key))}
    rows = _all_monitors(options, params)
    _print(options, {"monitors": rows, "next": None}, render.monitors(rows))
    if not rows and options.output == "table":
        print("no monitors; add-mon adds one", file=sys.stderr)
    return DONE


def _test(options: argparse.Namespace) -> int:
    result = call(options.server_address, "test_mon", {"id": options.id})
    _print(options, result, f"delivered to chat {result['chat_id']}")
    return DONE


def _find_chat(options: argparse.Namespace) -> int:
    params = {"bot": options.bot} if options.bot else {"token": _token(options)}
    result = call(options.server_address, "find_chat", params)
    chats = result["chats"]
    lines = (f"{chat['id']}  {chat['type']}  {chat['title']}" for chat in chats)
    _print(options, result, "\n".join(lines))
    if not chats:
        print(
            "the bot has heard from nobody: write it a message in Telegram (/start), or add it to "
            "the group and write /start there, then run this again",
            file=sys.stderr,
        )
    return DONE


def _import(options: argparse.Namespace) -> int:
    from pingmon.client.bulk import import_file

    total = import_file(options, _token(options))
    words = f"{total['created']} added, {total['existing']} were watched already"
    _print(options, total, ("dry run: " if options.dry_run else "") + words)
    return DONE


def _apply(options: argparse.Namespace) -> int:
    from pingmon.client.apply import apply_file

    done = apply_file(options, _token(options), _all_monitors(options, {}))
    words = f"{done['created']} added, {done['changed']} changed, {done['deleted']} deleted"
    _print(options, done, ("dry run: " if options.dry_run else "") + words)
    return DONE


def _export(options: argparse.Namespace) -> int:
    from pingmon.client.files import write

    write(options.format, _all_monitors(options, {}))
    return DONE


def _all_monitors(options: argparse.Namespace, filters: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: str | None = None
    filters = filters | {"limit": PAGE}
    while True:
        page = call(options.server_address, "list_mon", filters | ({"after": after} if after else {}))
        rows += page["monitors"]
        after = page["next"]
        if not after:
            return rows


def _status(options: argparse.Namespace) -> int:
    result = call(options.server_address, "status", {})
    _print(options, result, render.status(result))
    return DONE


def _print(options: argparse.Namespace, result: Any, words: str) -> None:
    print(json.dumps(result, ensure_ascii=False) if options.output == "json" else words)


def _token(options: argparse.Namespace) -> str:
    if options.token:
        from pingmon.client.secret import hide_argument  # ctypes is slow to import

        hide_argument(options.token)
        return str(options.token).strip()
    if options.token_file == "-":
        return sys.stdin.readline().strip()
    if options.token_file:
        try:
            with open(options.token_file) as file:  # noqa: PTH123 - pathlib costs start-up time
                return file.read().strip()
        except OSError as error:
            raise Refused(f"can't read the token: {error}") from None
    return os.environ.get("PINGMON_TOKEN", "").strip()


_COMMANDS = {
    "add-mon": _add,
    "edit-mon": _edit,
    "explain": _explain,
    "del-mon": _delete,
    "list-mon": _list,
    "import": _import,
    "apply": _apply,
    "export": _export,
    "test-mon": _test,
    "find-chat": _find_chat,
    "status": _status,
}

if __name__ == "__main__":
    sys.exit(main())
