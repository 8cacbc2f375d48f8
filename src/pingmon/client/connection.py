"""One call to the daemon over its socket."""

import json
import socket
from typing import Any

from jsonrpcclient import Error, parse, request

from pingmon.api.protocol import GROUP, LineReader, socket_path

TIMEOUT = 90.0  # s; add-mon asks Telegram up to four times


class CannotReach(Exception):
    """The daemon does not answer; the message says what to do."""


class Refused(Exception):
    """The daemon said no."""


def call(address: str, method: str, params: dict[str, Any]) -> Any:
    """The method's result. Raises CannotReach or Refused."""
    path = socket_path(address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(TIMEOUT)
        try:
            sock.connect(path)
            sock.sendall(json.dumps(request(method, params)).encode() + b"\n")
            line = LineReader(sock, limit=None).read()
        except PermissionError:
            raise CannotReach(
                f"access to {path} is denied: join the group {GROUP} "
                f"(sudo usermod -aG {GROUP} $USER, then log in again)"
            ) from None
        except (FileNotFoundError, ConnectionRefusedError):
            raise CannotReach(
                f"pingmond is not running: nothing listens at {path} (systemctl start pingmon)"
            ) from None
        except OSError as error:
            raise CannotReach(f"pingmond does not answer at {path}: {error}") from None
    if not line:
        raise CannotReach(f"pingmond closed the connection at {path}; try again")
    answer: Any = parse(json.loads(line))
    if isinstance(answer, Error):
        raise Refused(answer.message)
    return answer.result
