"""Which characters belong in text that people read, such as the name of a device.

Emoji sequences (zero-width joiner, variation selectors, tags) and the marks of right-to-left scripts do.
Characters that move the cursor, end the line or turn the order of others around do not.
"""

import re

# Sources: Unicode 15, sections 23.1 (control codes), 23.2 (layout controls), 23.6 (surrogates),
# 23.7 (noncharacters), 23.8 (specials); Unicode Technical Report 36 for bidirectional text.
_CLASSES = (
    ("a control character", "\x00-\x1f\x7f-\x9f"),
    ("a line separator", "\u2028\u2029"),
    ("a bidirectional control", "\u202a-\u202e\u2066-\u2069"),
    ("a deprecated format character", "\u206a-\u206f\ufff9-\ufffb"),
    ("a byte that is not UTF-8", "\udc80-\udcff"),  # as Python passes it on (PEP 383)
    ("half of a surrogate pair", "\ud800-\udfff"),
    (
        "no character",
        "\ufdd0-\ufdef"
        + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)),
    ),
)
UNPRINTABLE = re.compile(f"[{''.join(characters for _, characters in _CLASSES)}]")
SHOWN = 80  # characters of a wrong value in an error


def shortened(text: str, most: int = SHOWN) -> str:
    """Its beginning, and a mark that there is more: a value may be a page long."""
    return text if len(text) <= most else text[:most] + "…"


def shown(text: str) -> str:
    """What was given, in an error: quoted, escaped, and not a page long."""
    return repr(shortened(text))


def why_unprintable(text: str) -> str:
    """Which character does not belong in `text`, and why; empty when all do. It repeats no other part."""
    found = UNPRINTABLE.search(text)
    if found is None:
        return ""
    code = ord(found.group())
    words = next(words for words, one in _CLASSES if re.match(f"[{one}]", found.group()))
    shown = f"0x{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else f"U+{code:04X}"
    return f"{shown} is {words}"


def has_surrogate(text: str) -> bool:
    """Whether `text` can't be encoded as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
