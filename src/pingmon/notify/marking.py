"""Texts that stand in tables are marked for the catalogues (`make translations`)."""


def _(text: str) -> str:
    """The text as it is; what shows it translates it."""
    return text
