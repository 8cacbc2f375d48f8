"""Runs a program as on a kernel that lacks something: a seccomp filter refuses the system calls.

`python -m tests.support.lesser_kernel LACK... -- PROGRAM ARGUMENT...`, as root. LACK is one of
`setsockopt:LEVEL:OPTION` (ENOPROTOOPT), `recvmmsg` (ENOSYS), `raw` (raw sockets: EPERM), `raw:93` (with
that error), `ipv6` (EAFNOSUPPORT), `sendto:ERROR:SIZE` (packets to addresses of that size, 28 for IPv6).
"""

import ctypes
import errno
import os
import platform
import struct
import sys

# System call numbers of asm/unistd_64.h and asm-generic/unistd.h.
NUMBERS = {
    "x86_64": {"socket": 41, "setsockopt": 54, "recvmmsg": 299, "sendto": 44},
    "aarch64": {"socket": 198, "setsockopt": 208, "recvmmsg": 243, "sendto": 206},
}
_LOAD, _EQUAL, _AND, _RETURN = 0x20, 0x15, 0x54, 0x06  # linux/bpf_common.h
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_AF_INET6, _SOCK_RAW, _TYPE_MASK = 10, 3, 0xF


def rule(lack: str) -> tuple[str, list[tuple[int, int, int]], int]:
    """System call, conditions (argument, mask, value), error number. Raises ValueError."""
    name, *numbers = lack.split(":")
    values = [int(one) for one in numbers]
    if name == "setsockopt":
        return name, [(1, ~0, values[0]), (2, ~0, values[1])], errno.ENOPROTOOPT
    if name == "sendto":
        return name, [(5, ~0, values[1])], values[0]
    if name == "recvmmsg":
        return name, [], errno.ENOSYS
    if name == "raw":
        return "socket", [(1, _TYPE_MASK, _SOCK_RAW)], (values or [errno.EPERM])[0]
    if name == "ipv6":
        return "socket", [(0, ~0, _AF_INET6)], errno.EAFNOSUPPORT
    raise ValueError(lack)


def program(lacks: list[str]) -> bytes:
    """Classic BPF on struct seccomp_data: the number at 0, arguments at 16, 24 …"""
    numbers, steps = NUMBERS[platform.machine()], b""
    for name, conditions, error in map(rule, lacks):
        block = [(_LOAD, 0, 0, 0), (_EQUAL, 0, 3 * len(conditions) + 1, numbers[name])]
        for index, (argument, mask, value) in enumerate(conditions):
            rest = 3 * (len(conditions) - index - 1) + 1
            block.append((_LOAD, 0, 0, 16 + 8 * argument))
            block.append((_AND, 0, 0, mask & 0xFFFFFFFF))
            block.append((_EQUAL, 0, rest, value))
        block.append((_RETURN, 0, 0, _ERRNO | error))
        steps += b"".join(struct.pack("=HBBI", *one) for one in block)
    return steps + struct.pack("=HBBI", _RETURN, 0, 0, _ALLOW)


def main() -> None:
    end = sys.argv.index("--")
    steps = program(sys.argv[1:end])
    buffer = ctypes.create_string_buffer(steps, len(steps))
    filters = struct.pack("@HP", len(steps) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, filters, 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")
    os.execvp(sys.argv[end + 1], sys.argv[end + 1 :])


if __name__ == "__main__":
    main()
