"""What systemd gives and wants: sockets, notifications, log priorities. All works without it too."""

import os
import socket

import sdnotify

_FIRST_FD = 3


def notifier() -> sdnotify.SystemdNotifier:
    return sdnotify.SystemdNotifier()


def inherited_socket() -> socket.socket | None:
    """The listening socket that systemd passed (sd_listen_fds(3)), if any."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
        return None
    return socket.socket(fileno=_FIRST_FD)
