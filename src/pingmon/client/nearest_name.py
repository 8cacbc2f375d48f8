"""The right name for one that was mistyped."""

from collections.abc import Iterable


def closest(word: str, names: Iterable[str]) -> str:
    """The name that `word` may stand for, empty if none is near."""
    import difflib  # slow to import, and needed for errors only

    plain = {one.replace("-", "_"): one for one in names}
    found = difflib.get_close_matches(word.replace("-", "_"), plain, 1, 0.6)
    return plain[found[0]] if found else ""
