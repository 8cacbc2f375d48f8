"""Completion as somebody at a keyboard meets it, in each shell that the package serves."""

import re
from pathlib import PurePath

from pingmon.client.commands import COMMANDS
from tests.support.bot_api import TOKEN
from tests.support.container import Container
from tests.support.terminal import Terminal

BOT = TOKEN.split(":")[0]  # the name of a bot that was not asked for its own
# What is typed before the TAB, and what must be offered.
OFFERED = (
    ("pingmonctl ", [*COMMANDS]),
    ("pingmonctl list-mon --state ", ["up", "down", "unknown"]),
    ("pingmonctl --output ", ["table", "json"]),
    ("pingmonctl export --format ", ["csv", "jsonl", "toml"]),
    ("pingmonctl edit-mon --language ", ["en", "ru"]),
    ("pingmonctl import /srv/dev", ["devices-a.csv", "devices-b.csv"]),
    ("pingmonctl apply /srv/dev", ["devices-a.csv", "devices-b.csv"]),
    ("pingmonctl add-mon --token_file /srv/dev", ["devices-a.csv", "devices-b.csv"]),
    ("pingmonctl del-mon --id ", ["loop", "127.0.0.8", "127.0.0.9"]),
    ("pingmonctl edit-mon --parent ", ["loop"]),
    ("pingmonctl edit-mon --unset ", ["interval", "parent"]),
    ("pingmonctl show-mon ", ["loop", "127.0.0.8"]),
    ("pingmonctl del-mon ", ["loop", "127.0.0.8"]),
    ("pingmonctl outbox ", ["list", "retry", "drop"]),
    ("pingmonctl renew-token --token_file /srv/dev", ["devices-a.csv", "devices-b.csv"]),
)
# What is typed, and what the line becomes, as there is one way to go on.
COMPLETED = (
    ("pingmonctl add-m", "pingmonctl add-mon "),
    ("pingmonctl list-mon --stat", "pingmonctl list-mon --state "),
    ("pingmonctl del-mon --id lo", "pingmonctl del-mon --id loop "),
    (f"pingmonctl find-chat --bot {BOT[:2]}", f"pingmonctl find-chat --bot {BOT} "),
    ("pingmonctl list-mon --chat_id 10", "pingmonctl list-mon --chat_id 1001 "),
)
SET_UP = {
    "bash": ". /usr/share/bash-completion/bash_completion; bind 'set show-all-if-ambiguous on'; "
    "bind 'set enable-bracketed-paste off'",
    "zsh": "autoload -U compinit && compinit -u; setopt no_auto_menu no_list_ambiguous",
}
START = {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}
LINE = "\x15"  # Ctrl-U: drop what was typed


def check_completion(container: Container) -> None:
    """Two monitors are there, `loop` (127.0.0.9) and `my printer` (127.0.0.8), both of the bot BOT."""
    container.sh("touch /srv/devices-a.csv /srv/devices-b.csv")
    for shell in SET_UP:
        _check_on_a_terminal(container, shell)
    for typed, words in (*OFFERED, *((typed, [line.split()[-1]]) for typed, line in COMPLETED)):
        lines = container.sh(f"fish -c 'complete -C \"{typed}\"'").stdout.splitlines()
        offered = {PurePath(line.split("\t")[0]).name for line in lines}
        assert offered >= set(words), (typed, offered)


def _check_on_a_terminal(container: Container, shell: str) -> None:
    inside = container.inside(
        "TERM=dumb" if shell == "bash" else "TERM=xterm", "PS1=READY> ", "HOME=/root"
    )
    with Terminal([*inside, *START[shell]]) as terminal:
        terminal.expect("READY> ")
        terminal.type(f"{SET_UP[shell]}; echo SET''UP\n")
        terminal.expect("SETUP\n")
        for typed, words in OFFERED:
            terminal.type(f"{LINE}{typed}\t")
            for word in words:
                terminal.expect(rf"[\s/]{re.escape(word)}")
        for typed, line in COMPLETED:
            terminal.type(f"{LINE}{typed}\t")
            terminal.expect(re.escape(line))
