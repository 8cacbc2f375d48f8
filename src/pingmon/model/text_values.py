"""Names and other text as people write them: one canonical form, or a refusal that says why."""

import unicodedata

from pingmon.model.errors import InvalidValue
from pingmon.model.redaction import holds_token
from pingmon.text.printable import why_unprintable

NAME_MAX = 200  # characters

_UNSEEN = {"Cf", "Zs", "Mn", "Me"}  # categories of format characters, spaces and marks on nothing
_AROUND = "\ufeff\u200b"  # marks that come along with what is copied; str.strip() leaves them


def parse_name(text: str) -> str:
    """One line of printable text, composed (Unicode NFC): programs spell an accent in two ways."""
    name = unicodedata.normalize("NFC", bare(parse_text(bare(text), "name")))
    if name and all(unicodedata.category(one) in _UNSEEN for one in name):
        raise InvalidValue("name: nothing of it can be seen", "name")
    if len(name) > NAME_MAX:
        raise InvalidValue(f"a name is one line of at most {NAME_MAX} characters", "name")
    refuse_token(name, "name")
    return name


def refuse_token(text: str, field: str) -> None:
    """Names, tags and comments are shown, and the journal keeps them. Raises InvalidValue."""
    if holds_token(text):
        raise InvalidValue(f"{field} holds a bot's token, which nobody may see", field)


def parse_text(text: str, field: str) -> str:
    """Printable text as it is. Raises InvalidValue, which does not repeat it."""
    if why := why_unprintable(text):
        raise InvalidValue(f"{field} is one line of printable text: {why}", field)
    return text


def bare(text: str) -> str:
    """Without what is around it."""
    return text.strip().strip(_AROUND).strip()
