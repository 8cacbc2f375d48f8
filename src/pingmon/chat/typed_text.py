"""Text as phones make it becomes plain: spaces of all widths, invisible marks, quotes, full stops."""

import unicodedata

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_QUOTES = "\"'`«»„“”‘’‹›"
_SENTENCE_END = ".,;!?…。、"


def plain(text: str) -> str:
    """One line with single spaces, composed (NFC), full-width ASCII as ASCII."""
    wide = unicodedata.normalize("NFC", text).translate(_FULL_WIDTH)
    shown = (" " if _is_space(one) else one for one in wide if not _is_mark(one))
    return " ".join("".join(shown).split())


def bare_end(text: str) -> str:
    """Without what ends a sentence, and without quotes around it."""
    return text.strip().rstrip(_SENTENCE_END).strip().strip(_QUOTES).strip()


def folded(text: str) -> str:
    """For comparing: without capitals, and without the dots of the Russian yo, which people leave out."""
    return text.casefold().replace("ё", "е")


def is_cyrillic(text: str) -> bool:
    return any("\u0400" <= one <= "\u04ff" for one in text)


def _is_space(one: str) -> bool:
    return one.isspace() or unicodedata.category(one) in ("Zs", "Zl", "Zp", "Cc")


def _is_mark(one: str) -> bool:
    """Not seen, and not meant: zero-width spaces, direction marks."""
    return unicodedata.category(one) in ("Cf", "Cs", "Co", "Cn")
