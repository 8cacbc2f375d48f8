"""Tokens leave this process only inside a request to Telegram: one place that hides them."""

import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

# In a URL whatever follows `bot`. Elsewhere `NUMBER:SECRET` where the secret has 5 characters that
# are not all digits, or 6 that are: so a port (127.0.0.1:18081) or a time of day stays readable.
_SECRET = r"(?:(?=[\w-]*[A-Za-z_-])[A-Za-z0-9_-]{5,}|\d{6,})"
_TOKEN = re.compile(
    rf"bot\d{{1,16}}(?::|%3A)[A-Za-z0-9_-]+|\d{{1,16}}(?::|%3A){_SECRET}", re.ASCII | re.IGNORECASE
)

log = logging.getLogger(__name__)


def redact(text: str) -> str:
    return _TOKEN.sub("bot<token>", text)


class RedactingFormatter(logging.Formatter):
    """Hides tokens in everything that is logged, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def install_exception_hooks() -> None:
    """What nobody caught is logged too, wherever it happened; before there is a log, on stderr."""
    sys.excepthook = _tell
    threading.excepthook = lambda args: _tell(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _tell(args.exc_type, args.exc_value, args.exc_traceback)
    logging.captureWarnings(True)
    if logging.lastResort:
        logging.lastResort.setFormatter(RedactingFormatter("%(message)s"))


def _tell(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, *_: Any
) -> None:
    if issubclass(kind, SystemExit | KeyboardInterrupt):
        return
    if logging.getLogger().handlers:
        log.critical("nobody caught this", exc_info=(kind, error or kind(), trace))
        return
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))
