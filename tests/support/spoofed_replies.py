"""Answers echo requests in the peer's namespace as no honest device would.

`python -m tests.support.spoofed_replies spoof|duplicate|slow DEVICE`: `spoof` answers for a
silent device from a wrong address with everything else right; `duplicate` repeats the device's own
reply; `slow` answers for a silent device after three seconds.
"""

import socket
import struct
import sys
import threading

from pythonping.icmp import checksum

WRONG = "10.0.250.250"


def main() -> None:
    kind, device = sys.argv[1:3]
    every = socket.htons(0x0003)
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, every)
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        packet, about = sniffer.recvfrom(2048)
        if about[0] != "v1" or about[2] == socket.PACKET_OUTGOING or len(packet) < 28:
            continue
        if packet[9] != 1 or packet[20] != 8 or socket.inet_ntoa(packet[16:20]) != device:
            continue
        source = socket.inet_aton(WRONG if kind == "spoof" else device)
        body = b"\0\0\0\0" + packet[24:]
        body = body[:2] + struct.pack("=H", checksum(body)) + body[4:]
        header = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, 1, 0) + source + packet[12:16]
        answer, to = header + body, (socket.inet_ntoa(packet[12:16]), 0)
        if kind == "slow":
            threading.Timer(3.0, sender.sendto, (answer, to)).start()
        else:
            sender.sendto(answer, to)


if __name__ == "__main__":
    main()
