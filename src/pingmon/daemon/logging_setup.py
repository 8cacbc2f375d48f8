"""Logs go to stderr; secrets are hidden in every line and every traceback."""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from pingmon.daemon.systemd import priority_prefix, say_error, stderr_is_journal
from pingmon.model.redaction import redact

log = logging.getLogger(__name__)


class RedactingFormatter(logging.Formatter):
    """Hides tokens in everything that is logged, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def install_exception_hooks() -> None:
    """Log exceptions that no code caught, of any thread; on stderr before logging is set up."""
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
    say_error(redact("".join(traceback.format_exception(kind, error, trace))))


class _PriorityFormatter(RedactingFormatter):
    """sd-daemon(3) prefixes, on every line of a traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        prefix = priority_prefix(record.levelno)
        return "\n".join(prefix + line for line in super().format(record).split("\n"))


def configure_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if stderr_is_journal():
        handler.setFormatter(_PriorityFormatter("%(message)s"))
    else:
        handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(message)s"))
    # No line names its thread; looking that up keeps an object for every worker that ever logged.
    logging.logThreads = False
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("jsonrpcserver", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
