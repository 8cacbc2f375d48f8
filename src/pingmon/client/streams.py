"""Standard input, output and error as they may be: closed, full, or of another encoding."""

import os
import sys
from contextlib import suppress

from pingmon.client.exit_status import DONE, REFUSED
from pingmon.client.terminal_text import safe_lines


def prepare_streams() -> bool:
    """False when there is no standard output, and so nowhere to print a result."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - for as long as we run
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # What the encoding of a terminal lacks is shown as \uNNNN, and is never an exception.
            stream.reconfigure(errors="backslashreplace")
    return sys.stdout is not None


def say(words: str) -> None:
    """Print a message on standard error. Errors of writing are ignored."""
    # Where both go to one place, what came first is first. `finish` says what is wrong with stdout.
    with suppress(OSError, AttributeError):
        sys.stdout.flush()
    try:
        print(safe_lines(words), file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def finish(status: int) -> int:
    """The exit status, once everything is written: another one when that fails."""
    try:
        sys.stdout.flush()
        return status
    except OSError as error:
        return output_failed(error)


def output_failed(error: OSError) -> int:
    """The exit status when the result could not be written. A reader that went away has seen enough."""
    _discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return DONE
    say(f"pingmonctl: can't write the output: {error.strerror}")
    return REFUSED


def _discard(stream: object) -> None:
    """What is left in its buffer goes nowhere, so that the interpreter does not complain at its end."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # type: ignore[attr-defined]
        os.close(null)
