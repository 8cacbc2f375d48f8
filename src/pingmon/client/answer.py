"""The result of a call, which may come from a program that is not pingmond."""

from typing import Any, NoReturn

from pingmon.client.exchange import CannotReach


class Answer(dict[str, Any]):
    """An object whose fields are there, or who answered is not pingmond."""

    path = ""  # of the socket

    def __missing__(self, name: str) -> NoReturn:
        raise stranger(self.path)


def answer_of(result: Any, path: str) -> Answer:
    """Raises CannotReach when it is no object, as all results of pingmond are."""
    if not isinstance(result, dict):
        raise stranger(path)
    found = Answer(result)
    found.path = path
    return found


def stranger(path: str) -> CannotReach:
    return CannotReach(f"what listens at {path} does not speak as pingmond does")
