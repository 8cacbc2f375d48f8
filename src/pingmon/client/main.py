"""pingmonctl: data goes to stdout, words to stderr."""

import os
import sys

from pingmon.client.connection import CannotReach, Refused
from pingmon.client.exit_status import CANNOT_REACH, DONE, INTERRUPTED, REFUSED
from pingmon.client.parser import build_parser, command_module
from pingmon.client.terminal_text import configure_streams, safe_lines


def main(arguments: list[str] | None = None) -> int:
    configure_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    options = build_parser(arguments).parse_args(arguments)
    try:
        status: int = command_module(options.command).run(options)
        return status
    except Refused as error:
        print(f"pingmonctl: {safe_lines(str(error))}", file=sys.stderr)
        return REFUSED
    except CannotReach as error:
        print(f"pingmonctl: {safe_lines(str(error))}", file=sys.stderr)
        return CANNOT_REACH
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
