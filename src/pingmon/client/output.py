"""What a command prints: its result as JSON, or words about it."""

import argparse
from typing import Any

from pingmon.client.terminal_text import json_text


def show(options: argparse.Namespace, result: Any, words: str) -> None:
    """Data goes to stdout: exactly the RPC result with `--output json`.

    words: safe for a terminal (client/terminal_text.py); they may have colours.
    """
    print(json_text(result) if options.output == "json" else words)
