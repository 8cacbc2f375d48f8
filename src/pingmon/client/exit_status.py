"""The exit status of pingmonctl."""

DONE, REFUSED, USAGE, CANNOT_REACH = 0, 1, 2, 3
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
