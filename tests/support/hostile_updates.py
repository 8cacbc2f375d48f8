"""Updates as nobody should send them: real ones with anything in any place."""

import copy
import random
import time
from collections.abc import Iterator
from typing import Any

GROUP, STRANGE_GROUP = -1002, -100500
FIRST_USER, USERS = 7_000, 60  # none of them may change anything
_COMMANDS = (
    *("list", "status", "add", "stop", "mute", "unmute", "ack", "pause", "resume", "explain", "remind"),
    *("id", "help", "start", "stop@ping_bot", "ADD", "LIST", "stopp", "список", "добавить", "откл"),
    "add@other_bot",
)
_WORDS = (
    "router",
    "10.0.0.1",
    "10.0.0.2 printer",
    "all",
    "*",
    "../../etc/passwd",
    "'; DROP TABLE monitors; --",
    "<b>x</b><script>alert(1)</script>",
    "&lt;&amp;",
    "%s%n{0}{self}",
    "\x00\x1b[2J\x07",
    "\u202egnp.exe\u2066",
    "every 0s",
    "every 1e308s",
    "99999999999999999999d",
    "-1h",
    "2h" * 500,
    "🖨" * 300,
    "é" * 4096,
    "fe80::1%eth0",
    "0.0.0.0",
    "255.255.255.255",
    "::ffff:127.0.0.1",
    "1:AAAA",
    "\n\n/stop router\n",
    "behind router",
    "comment " * 400,
)
_ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    2**31,
    2**63,
    2**64,
    -(2**63),
    10**300,
    "",
    "1001",
    "-1002",
    "x" * 100_000,
    "\ud800",
    "\u0000",
    [],
    {},
    [[[[]]]],
    {"id": "1"},
    [1, 2, 3],
)


def hostile_updates(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Without update_id, which the stand-in gives. The same seed gives the same ones."""
    chance = random.Random(seed)
    for _ in range(count):
        update = copy.deepcopy(chance.choice(_KINDS)(chance))
        for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
            _spoil(chance, update)
        yield update


def _spoil(chance: random.Random, update: dict[str, Any]) -> None:
    """Something, somewhere, becomes something else, goes, or comes."""
    place: Any = update
    while place:
        key = chance.choice(list(place)) if isinstance(place, dict) else chance.randrange(len(place))
        below = place[key]
        if isinstance(below, dict | list) and below and chance.random() < 0.8:
            place = below
            continue
        break
    else:
        return
    what = chance.random()
    if what < 0.2 and isinstance(place, dict):
        del place[key]
    elif what < 0.3 and isinstance(place, dict):
        place[str(chance.choice(_ODD))[:50]] = copy.deepcopy(chance.choice(_ODD))
    elif what < 0.4:
        place[key] = _deep(chance.choice((10, 100, 200)), below)
    else:
        place[key] = copy.deepcopy(chance.choice(_ODD))


def _deep(depth: int, inside: Any) -> Any:
    for _ in range(depth):
        inside = [inside] if depth % 2 else {"message": inside}
    return inside


def _text(chance: random.Random) -> str:
    words = [chance.choice(_WORDS) for _ in range(chance.randrange(4))]
    if chance.random() < 0.1:
        return " ".join(words) or "?"
    return f"/{chance.choice(_COMMANDS)} {' '.join(words)}"[:5000]


def _user(chance: random.Random) -> dict[str, Any]:
    return {
        "id": FIRST_USER + chance.randrange(USERS),
        "is_bot": False,
        "first_name": chance.choice(("Eve", "<b>Eve</b>", "\u202eevE", "x" * 500, "%s")),
        "language_code": chance.choice(("en", "ru", "xx", "")),
    }


def _chat(chance: random.Random) -> dict[str, Any]:
    number = chance.choice((GROUP, GROUP, GROUP, STRANGE_GROUP, 1001, 1002, -77))
    kind = "private" if number > 0 else chance.choice(("group", "supergroup", "channel"))
    return {"id": number, "type": kind, "title": chance.choice(("Office", "</b>", "\x1b[1m"))}


def _message(chance: random.Random) -> dict[str, Any]:
    message = {
        "message_id": chance.randrange(1, 10**6),
        "date": int(time.time()) - chance.choice((0, 0, 0, 400, 10**6, -(10**6))),
        "chat": _chat(chance),
        "from": _user(chance),
        "text": _text(chance),
    }
    if chance.random() < 0.2:
        message["reply_to_message"] = {"message_id": chance.randrange(1, 50), "chat": message["chat"]}
    if chance.random() < 0.1:
        message[chance.choice(("forward_origin", "via_bot", "sender_chat"))] = {"id": GROUP, "type": "x"}
    return message


def _press(chance: random.Random) -> dict[str, Any]:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    key = "".join(chance.choice(letters) for _ in range(12))
    return {
        "id": str(chance.randrange(10**9)),
        "from": _user(chance),
        "chat_instance": "1",
        "message": _message(chance),
        "data": chance.choice((f"a{key}", f"b{key}.0", f"b{key}.99999", key, "u", "", "x" * 64)),
    }


_KINDS = (
    lambda chance: {"message": _message(chance)},
    lambda chance: {"message": _message(chance)},
    lambda chance: {"message": _message(chance)},
    lambda chance: {"callback_query": _press(chance)},
    lambda chance: {"edited_message": _message(chance)},
    lambda chance: {"channel_post": _message(chance)},
    lambda chance: {"inline_query": {"id": "1", "from": _user(chance), "query": _text(chance)}},
    lambda chance: {"my_chat_member": {"chat": _chat(chance), "from": _user(chance)}},
)
