"""Content becomes text, by the encoding that the server names. Pure, and total."""

import codecs
import re
from encodings import normalize_encoding
from encodings.aliases import aliases

# What Python decodes in time with the length: of punycode, for one, it is with the square, and the server
# says what it is.
_CHARSET = re.compile(
    "ascii|utf-(8|16|32)(-[bl]e)?|iso8859-[0-9]+|cp[0-9]+|koi8-[rtu]|mac-.*|gb.*|big5.*|euc_.*|shift_jis.*"
)
# Names that Python may be asked for: it remembers every other one for good, and a server could give a new
# one each time.
_NAMES = frozenset(aliases.values())
_MORE_NAMES = re.compile("cp[0-9]{3,4}|iso8859_[0-9]{1,2}|koi8_[rtu]")
_LONGEST = 40  # characters
_USUAL = "utf-8"


def decoded(content: bytes, content_type: str) -> str:
    """content_type: the header of that name, as the server wrote it. What can't be decoded is marked."""
    _, _, given = content_type.lower().partition("charset=")
    return content.decode(_codec(given.split(";")[0].strip(" \"'")), "replace")


def _codec(charset: str) -> str:
    if not charset or len(charset) > _LONGEST or not charset.isascii():
        return _USUAL
    name = normalize_encoding(charset)
    name = aliases.get(name, name)
    if name not in _NAMES and not _MORE_NAMES.fullmatch(name):
        return _USUAL
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return _USUAL
    return found if _CHARSET.fullmatch(found) else _USUAL
