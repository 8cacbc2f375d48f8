"""pingmonctl: data goes to stdout, words to stderr."""

import sys

from pingmon.client.connection import CannotReach, Interrupted, Refused
from pingmon.client.exit_status import CANNOT_REACH, INTERRUPTED, REFUSED
from pingmon.client.parser import command_module, parse
from pingmon.client.patience import set_patience
from pingmon.client.streams import finish, output_failed, prepare_streams, say


def main(arguments: list[str] | None = None) -> int:
    if not prepare_streams():
        say("pingmonctl: standard output is closed; nothing was done")
        return REFUSED
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
    except SystemExit as end:  # help, the version, wrong usage
        status = end.code if isinstance(end.code, int) else 0
    except Refused as error:
        say(f"pingmonctl: {error}")
        status = REFUSED
    except CannotReach as error:
        say(f"pingmonctl: {error}")
        status = CANNOT_REACH
    except OSError as error:
        return output_failed(error)
    except Interrupted as error:
        say(f"pingmonctl: interrupted; {error}")
        status = INTERRUPTED
    except KeyboardInterrupt:
        status = INTERRUPTED
    return finish(status)


def _run(words: list[str]) -> int:
    options = parse(words)
    set_patience(options.wait)
    status: int = command_module(options.command).run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
