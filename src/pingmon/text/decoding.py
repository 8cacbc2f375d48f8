"""Bytes of files that people's programs wrote become text.

Windows writes UTF-16 ("Unicode") and UTF-8 with a byte order mark, and ends lines with CR LF. What is in
an 8-bit code page can't be told from another one and is refused: a wrong guess would make wrong names.
"""

import codecs

# The longest first: a mark of UTF-16 is the beginning of one of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARK = "\ufeff"


class NotText(ValueError):
    """What the bytes are not, in which line, and what to do."""


def decode(data: bytes) -> str:
    r"""Text whose lines end with \n alone, without a byte order mark. Raises NotText."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "") or _guess(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText(_words(data, encoding, error)) from None
    return text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")


def one_word(data: bytes) -> str:
    """What a file holds that should hold one word, such as a token. Raises NotText."""
    return decode(data).strip().strip(MARK).strip()


def _guess(data: bytes) -> str:
    """UTF-8, or UTF-16 without a mark: there every second byte of digits and Latin letters is zero."""
    start = data[:1000]
    zeros = start[::2].count(0), start[1::2].count(0)
    if max(zeros) * 10 < len(start) or min(zeros) * 4 > max(zeros):
        return "utf-8"
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _words(data: bytes, encoding: str, error: UnicodeDecodeError) -> str:
    if encoding != "utf-8":
        return (
            f"this looks like {encoding.upper()}, but is broken at byte {error.start}; save it as UTF-8"
        )
    before = data[: error.start]
    line = before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    return (
        f"line {line}: byte 0x{data[error.start]:02x} is not UTF-8; if this is Windows-1251, "
        "Windows-1252 or Latin-1, save it as UTF-8 (spreadsheets call it CSV UTF-8), "
        "or convert it: iconv -f WINDOWS-1251 -t UTF-8"
    )
