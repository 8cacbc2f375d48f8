"""pingmond again and again, without what takes a second each time: `python -m tests.support.reborn ARGS`.

A process that has imported all makes a child for each life of the daemon. It prints the child's number,
and when that died it waits for a line on its standard input before it makes the next.
"""

import os
import sys

from pingmon.daemon.main import main


def run(arguments: list[str]) -> None:
    while True:
        child = os.fork()
        if not child:
            os._exit(main(arguments))
        print(child, flush=True)
        os.waitpid(child, 0)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    run(sys.argv[1:])
