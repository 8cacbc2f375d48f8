"""In which language a chat is answered."""

from collections import Counter

from pingmon.chat.scope import Scope
from pingmon.model.chat_messages import ChatKind, Person, Place
from pingmon.notify.translation import LANGUAGES

RUSSIAN = "ru"


def language_of(place: Place, person: Person, scope: Scope, is_russian: bool, default: str) -> str:
    """That of the command, if it tells; in a private chat that of the person's program; in a group, where
    all read it, that of most alarms. is_russian: the command was spelled so. default: the daemon's.
    """
    if is_russian:
        return RUSSIAN
    if place.kind is ChatKind.PRIVATE and person.language in LANGUAGES:
        return person.language
    languages = Counter(one.options.language or default for one in scope.monitors)
    return languages.most_common(1)[0][0] if languages else default
