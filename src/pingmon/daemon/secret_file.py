"""Secrets of the configuration: words in files, or in credentials that systemd passes."""

import os
from collections.abc import Callable
from pathlib import Path

from pingmon.model.errors import InvalidValue
from pingmon.text.decoding import one_word, read_setting

NOT_PASSED = "systemd passed no credentials; add LoadCredential= to the unit"


def credentials() -> str:
    """The directory of our credentials (systemd.exec(5)), empty when there is none."""
    return os.environ.get("CREDENTIALS_DIRECTORY", "")


def read_secret(name: str, is_credential: bool, parse: Callable[[str], str] = str) -> str:
    """name: of the credential, or the path of the file. parse: raises InvalidValue.

    Raises ValueError, which does not repeat the secret.
    """
    folder = credentials()
    if is_credential and not folder:
        raise ValueError(NOT_PASSED)
    file = Path(folder) / name if is_credential else Path(name)
    try:
        return parse(one_word(read_setting(file)))
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}") from None
    except (InvalidValue, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None
