r"""What others wrote is made safe for a terminal, and what a terminal can't show does no harm.

Names, titles of chats and Telegram's words may hold characters that a terminal obeys. They are shown as
\xNN or \uNNNN. Everything that a command prints for people goes through `safe`.
"""

import sys
from typing import Any

from pingmon.text.printable import UNPRINTABLE


def safe(text: str) -> str:
    """One line that carries no escapes: also ends of lines and tabs are shown, not obeyed."""
    return UNPRINTABLE.sub(_escaped, text)


def safe_lines(text: str) -> str:
    """Likewise, but its lines stay lines."""
    return "\n".join(safe(line) for line in text.split("\n"))


def json_text(value: Any) -> str:
    r"""JSON in one line, readable; characters that a terminal would obey are written as \uXXXX."""
    from pingmon.text.strict_json import dumps_for_terminal

    return dumps_for_terminal(value)


def configure_streams() -> None:
    """What the encoding of the terminal lacks is printed as an escape, and never an exception."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _escaped(found: Any) -> str:
    code = ord(found.group())
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
