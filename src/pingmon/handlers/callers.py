"""The user that made a request, as the log names it."""

import pwd
from functools import lru_cache

from pingmon.api.method import Caller


def actor(caller: Caller) -> str:
    """ "root (uid 0)"."""
    return _name(caller.uid)


@lru_cache(100)
def _name(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
