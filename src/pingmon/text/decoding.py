"""Bytes of files that people's programs wrote become text.

Windows writes UTF-16 ("Unicode") and UTF-8 with a byte order mark, and ends lines with CR LF. What is in
an 8-bit code page can't be told from another one and is refused: a wrong guess would make wrong names.
"""

import codecs
import os

# The longest first: a mark of UTF-16 is the beginning of one of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARK = "\ufeff"
_UNPACK = "is packed: unpack it first"
# How files begin that are no text, and what is said of them.
_OTHERS = (
    (b"PK\x03\x04", "is a spreadsheet's own format, or another archive; export it as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "is a spreadsheet's own format; export it as CSV (UTF-8)"),
    (b"\x1f\x8b", f"{_UNPACK} (gunzip)"),
    (b"BZh", f"{_UNPACK} (bunzip2)"),
    (b"\xfd7zXZ\0", f"{_UNPACK} (unxz)"),
    (b"\x28\xb5\x2f\xfd", f"{_UNPACK} (unzstd)"),
    (b"SQLite format 3\0", "is a database of SQLite, no text"),
    (b"%PDF-", "is a PDF document, no text"),
    (b"\x89PNG", "is a picture, no text"),
    (b"\xff\xd8\xff", "is a picture, no text"),
    (b"\x7fELF", "is a program, no text"),
)
_LOOKED_AT = 1000  # bytes or characters at the start of a file; divisible by 4


MOST_OF_A_SETTING = 1 << 20  # bytes of a file of settings or of a secret


class NotText(ValueError):
    """What the bytes are not, in which line, and what to do."""


def decode(data: bytes) -> str:
    r"""Text whose lines end with \n alone, without byte order marks. Raises NotText.

    A mark at the beginning of a later line is that of another file, which was joined to the first.
    """
    for start, words in _OTHERS:
        if data.startswith(start):
            raise NotText(f"this {words}")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "") or _guess(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText(_words(data, encoding, error)) from None
    if text[:_LOOKED_AT].count("\0") * 10 > len(text[:_LOOKED_AT]):
        raise NotText("this is no text: it holds bytes that are zero")
    lines = text.removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace(f"\n{MARK}", "\n")


def read_setting(path: str | os.PathLike[str]) -> bytes:
    """A file of settings or of a secret; an endless one fills no memory. Raises OSError, NotText."""
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start-up time
        data = file.read(MOST_OF_A_SETTING + 1)
    if len(data) > MOST_OF_A_SETTING:
        raise NotText(f"longer than {MOST_OF_A_SETTING} bytes")
    return data


def one_word(data: bytes) -> str:
    """What a file holds that should hold one word, such as a token. Raises NotText."""
    return decode(data).strip().strip(MARK).strip()


def _guess(data: bytes) -> str:
    """UTF-8, or UTF-16 or UTF-32 without a mark, where many bytes are zero.

    In UTF-16 that is every second byte of digits and Latin letters, in UTF-32 two of any four.
    """
    start = data[:_LOOKED_AT]
    quarters = [start[at::4].count(0) for at in range(4)]
    if len(start) >= 4 and quarters[2] == quarters[3] == len(start) // 4 > quarters[0]:
        return "utf-32-le"
    if len(start) >= 4 and quarters[0] == quarters[1] == len(start) // 4 > quarters[3]:
        return "utf-32-be"
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
