"""What a command prints: its result as JSON, or words about it."""

import argparse
import json
from typing import Any


def show(options: argparse.Namespace, result: Any, words: str) -> None:
    """Data goes to stdout: exactly the RPC result with `--output json`."""
    print(json.dumps(result, ensure_ascii=False) if options.output == "json" else words)
