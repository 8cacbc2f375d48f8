"""The commands and buttons that there are. A new command: a file in chat/commands/, and a line here."""

from collections.abc import Callable, Sequence

from pingmon.chat.commands import ack, add, explain, ids, list_devices, mute, pause, remind, status, stop
from pingmon.chat.commands.help_text import help_command
from pingmon.chat.request import ChatRequest, Command
from pingmon.model.chat_messages import ChatAnswer
from pingmon.model.monitor import Monitor

COMMANDS: dict[str, Command] = {
    one.name: one
    for one in (
        list_devices.LIST,
        status.STATUS,
        explain.EXPLAIN,
        ack.ACK,
        mute.MUTE,
        mute.UNMUTE,
        add.ADD,
        stop.STOP,
        pause.PAUSE,
        pause.RESUME,
        remind.REMIND,
        ids.ID,
        ids.START,
    )
}
COMMANDS["help"] = help_command(COMMANDS)

# What a button of a question, or one below an answer, does to the devices that it names: by the word
# after `run:`. What follows that word is `rest`.
ON_DEVICES: dict[str, Callable[[ChatRequest, Sequence[Monitor], str], ChatAnswer]] = {
    "explain": explain.explain,
    "ack": ack.do_ack,
    "unack": ack.do_unack,
    "mute": mute.do_mute,
    "unmute": mute.do_unmute,
    "stop": stop.ask,
    "pause": pause.do_pause,
    "resume": pause.do_resume,
    "remind": remind.do_remind,
}
