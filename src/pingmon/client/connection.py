"""One call to the daemon over its socket."""

import json
import socket
from typing import Any

from jsonrpcclient import Error, parse, request

from pingmon.api.protocol import GROUP, LineReader, socket_path
from pingmon.client.patience import patience


class CannotReach(Exception):
    """The daemon does not answer; the message says what to do."""


class Refused(Exception):
    """The daemon said no."""


def call(address: str, method: str, params: dict[str, Any]) -> Any:
    """The method's result. Raises CannotReach or Refused."""
    path = socket_path(address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(patience(method))
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
        except TimeoutError:
            raise CannotReach(
                f"pingmond at {path} gave no answer within {patience(method):g} s; "
                "--wait SECONDS waits longer; what was asked for may have happened"
            ) from None
        except OSError as error:
            raise CannotReach(f"pingmond does not answer at {path}: {error}") from None
    if not line:
        raise CannotReach(f"pingmond closed the connection at {path}; try again")
    try:
        answer: Any = parse(json.loads(line))
    except (ValueError, KeyError, TypeError):
        raise CannotReach(f"what listens at {path} does not speak as pingmond does") from None
    if isinstance(answer, Error):
        raise Refused(answer.message)
    return answer.result
