"""What a command is called, and what follows it: `/mute@pingmon_bot printer 2h`, `/тихо принтер 2ч`."""

import re
from difflib import get_close_matches
from typing import NamedTuple

from pingmon.chat.typed_text import folded, is_cyrillic, plain

# How a command may be spelled besides its name, in English and Russian.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "list": (
        "ls", "all", "devices", "monitors", "show",
        "список", "лист", "устройства", "все", "покажи", "показать",
    ),
    "status": ("health", "state", "статус", "состояние", "здоровье"),
    "add": ("watch", "monitor", "new", "добавить", "добавь", "следить", "следи", "новый"),
    "stop": (
        "delete", "del", "remove", "rm", "unwatch",
        "стоп", "удалить", "удали", "убрать", "убери", "останови", "остановить",
    ),
    "mute": (
        "silence", "quiet", "hush", "snooze",
        "тихо", "тише", "заглушить", "заглуши", "молчать", "молчи", "мьют", "мут",
    ),
    "unmute": (
        "unsilence", "loud", "громко", "включить", "включи", "размьют", "анмьют", "анмут",
        "сообщай", "говори",
    ),
    "ack": (
        "acknowledge", "mine", "taken",
        "принято", "принял", "приняла", "беру", "взял", "взяла", "вижу", "подтвердить", "подтверждаю",
    ),
    "pause": ("suspend", "пауза", "приостановить", "приостанови"),
    "resume": (
        "unpause", "continue", "продолжить", "продолжи", "продолжай", "возобновить", "возобнови",
    ),
    "explain": (
        "why", "details", "info", "show_mon", "почему", "объясни", "объяснить", "поясни", "пояснить",
        "подробно", "подробности", "детали", "инфо",
    ),
    "remind": ("reminder", "reminders", "напомни", "напомнить", "напоминай", "напоминать"),
    "id": ("ids", "whoami", "chatid", "chat_id", "myid", "ид", "айди"),
    "help": ("commands", "помощь", "помоги", "справка", "команды", "хелп"),
    "start": ("начать", "старт", "привет"),
}  # fmt: skip
_BY_SPELLING = {
    folded(spelling): name for name, others in SPELLINGS.items() for spelling in (name, *others)
}
_COMMAND = re.compile(r"/ ?(\w{1,32})(?:@(\w{1,40}))?[.,:;!?…]*(?: (.*))?", re.DOTALL)


class CommandLine(NamedTuple):
    """name: of a command, empty if it is none of ours. given: as it was typed. bot: that it is for, empty
    if it names none. arguments: one line. is_guess: the name was misspelled. is_russian: its spelling.
    """

    name: str
    given: str
    bot: str
    arguments: str
    is_guess: bool = False
    is_russian: bool = False


def parse_command(text: str) -> CommandLine | None:
    """None for what is no command."""
    found = _COMMAND.fullmatch(plain(text))
    if found is None:
        return None
    given, bot, arguments = found[1], found[2] or "", (found[3] or "").strip()
    name = command_name(given)
    is_guess = not name
    if is_guess:
        close = get_close_matches(folded(given), _BY_SPELLING, 1, 0.75) if len(given) > 2 else []
        name = _BY_SPELLING[close[0]] if close else ""
    return CommandLine(name, given, bot, arguments, is_guess and bool(name), is_cyrillic(given))


def command_name(spelling: str) -> str:
    """The name of the command that is spelled so; empty if there is none."""
    return _BY_SPELLING.get(folded(spelling.removeprefix("/")), "")
