"""The program that looks for regular expressions, in a process of its own: see regex_search.py.

It is run as a file, without pingmon. On the socket that is its standard input it reads a pattern and a
text, each with its length before it (32 bits, network order), and answers with one byte. When the work
takes too long the kernel ends the process.
"""

import re
import resource
import signal
import socket
import struct
import warnings

FOUND, NOT_FOUND, TOO_LARGE = b"y", b"n", b"m"
WORK = 0.2  # s of CPU time
MEMORY = 256 << 20  # bytes of address space; Python itself takes a tenth of it


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    parent = socket.socket(fileno=0)
    with parent.makefile("rb") as requests:
        while len(head := requests.read(8)) == 8:
            pattern_length, text_length = struct.unpack("!II", head)
            pattern = requests.read(pattern_length).decode()
            text = requests.read(text_length).decode("utf-8", "replace")
            signal.setitimer(signal.ITIMER_VIRTUAL, WORK)
            try:
                answer = FOUND if re.search(pattern, text) else NOT_FOUND
            except (MemoryError, RecursionError):
                answer = TOO_LARGE
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            parent.sendall(answer)


if __name__ == "__main__":
    main()
