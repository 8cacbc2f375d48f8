"""The right name for one that was mistyped."""

from collections.abc import Iterable


def closest(word: str, names: Iterable[str]) -> str:
    """The name that `word` may stand for, empty if none is near."""
    import difflib  # slow to import, and needed for errors only

    # Dashes before the name would make all options alike.
    plain = {one.replace("-", "_").lstrip("_"): one for one in sorted(names)}
    short = word.replace("-", "_").lstrip("_")
    if len(short) > 1:  # a beginning says more than likeness
        begun = [one for one in plain if one.startswith(short)]
        if begun:
            return plain[begun[0]]
    found = difflib.get_close_matches(short, plain, 1, 0.6)
    return plain[found[0]] if found else ""
