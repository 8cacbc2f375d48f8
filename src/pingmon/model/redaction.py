"""Tokens leave this process only inside a request to Telegram: one place that hides them."""

import re

# In a URL whatever follows `bot`. Elsewhere `NUMBER:SECRET` where the secret has 5 characters that
# are not all digits, or 6 that are: so a port (127.0.0.1:18081) or a time of day stays readable.
_SECRET = r"(?:(?=[\w-]*[A-Za-z_-])[A-Za-z0-9_-]{5,}|\d{6,})"
_TOKEN = re.compile(
    rf"bot\d{{1,16}}(?::|%3A)[A-Za-z0-9_-]+|\d{{1,16}}(?::|%3A){_SECRET}", re.ASCII | re.IGNORECASE
)


def redact(text: str) -> str:
    return _TOKEN.sub("bot<token>", text)
