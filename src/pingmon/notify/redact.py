"""Tokens leave this process only inside a request to Telegram: one place that hides them."""

import logging
import re

_TOKEN = re.compile(r"(?:bot)?\d{1,16}:[A-Za-z0-9_-]{5,}")


def redact(text: str) -> str:
    return _TOKEN.sub("bot<token>", text)


class RedactingFormatter(logging.Formatter):
    """Hides tokens in everything that is logged, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
