"""Hears all multicast DNS on one interface: `bystander.py ADDRESS` prints each datagram in hex, until it is killed."""

from __future__ import annotations

import socket
import sys


def main(address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind(("", 5353))
        group = socket.inet_aton("224.0.0.251") + socket.inet_aton(address)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        print("listening", flush=True)
        while True:
            print(ear.recv(65535).hex(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
