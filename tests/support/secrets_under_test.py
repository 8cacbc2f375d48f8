"""Every secret that pingmon is given, by the kind that it belongs to. A new one: a line in `SECRETS`.

What must never be seen has the word `Canary` in it.
"""

import re
from typing import NamedTuple

CANARY = re.compile("canary", re.IGNORECASE)
WEB, SERVICE, MAIL = 8090, 8091, 8025  # ports of the other sides

SIGNED_WITH = "whsec_" + "Canary" * 8


class Secret(NamedTuple):
    """options: of add-mon, beside the address, with which a monitor has it. wrong: likewise, refused.

    configuration: lines of pingmon.toml. files: what those name, below the test's directory.
    """

    options: tuple[str, ...]
    wrong: tuple[tuple[str, ...], ...] = ()
    configuration: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


_URL = f"http://canary:CanaryPassword@127.0.0.1:{WEB}/CanaryPath/x?token=CanaryQuery&b=1"
_WEB_PAGE = ("--chat_id", "1002", "--mon_type", "http", "--url", "http://{address}/")
SECRETS: dict[str, Secret] = {
    "telegram": Secret(("--chat_id", "1001"), (("--chat_id", "1001", "--token", "1:Canary Canary"),)),
    "email": Secret(
        ("--email", "anna@example.org"),
        configuration=(
            "[smtp]",
            'host = "127.0.0.1"',
            f"port = {MAIL}",
            'security = "none"',
            'user = "pingmon"',
            'password_file = "{directory}/password"',
            'from = "pingmon@example.org"',
        ),
        files=(("password", "CanaryPassword"),),
    ),
    "webhook": Secret(
        ("--webhook", _URL),
        (
            ("--webhook", "ftp://127.0.0.1/CanaryPath"),
            ("--webhook", "http://127.0.0.1:1/CanaryPath"),
            ("--webhook", "http://[::1/CanaryPath"),
            ("--webhook", "CanaryPath"),
            ("--webhook", f"http://127.0.0.1:{WEB}/Canary Path"),
        ),
        ("[webhook]", "allow_private = true", 'secret_file = "{directory}/whsec"'),
        (("whsec", SIGNED_WITH),),
    ),
    "apprise": Secret(
        ("--apprise", f"ntfy://CanaryUser:CanaryPassword@127.0.0.1:{SERVICE}/CanaryTopic"),
        (
            ("--apprise", "nosuch://CanaryTopic"),
            ("--apprise", "slack://CanaryToken"),
            ("--apprise", "syslog://CanaryTopic"),
            ("--apprise", "CanaryTopic"),
        ),
        ("[apprise]", "allow_private = true"),
    ),
    "http": Secret(
        (*_WEB_PAGE, "--header", "X-Key: CanaryHeader", "--auth", "someone:CanaryPassword"),
        ((*_WEB_PAGE, "--header", "CanaryHeader"), (*_WEB_PAGE, "--auth", "CanaryPassword")),
    ),
}


def configuration(directory: str) -> str:
    lines = [line for one in SECRETS.values() for line in one.configuration]
    return "\n".join(("uplink = []", *(line.replace("{directory}", directory) for line in lines), ""))
