"""Asks STUN and TURN servers what a link would ask them, for `doctor`: which address they see, whether they relay."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aioice import stun, turn
from aiortc.rtcicetransport import parse_stun_turn_uri

from ..ports.ice import IceServer
from .probe import RESEND_S, resolve

ANSWER_S = 3.0
"""For a server's answer, the resolution of its name included."""
DELETE_S = 1.0
"""For giving a TURN server its address back."""
_WRONG_USER = (401, 431, 441)
"""Error codes (RFC 8489, RFC 8656): not with this user name, or not with this password."""

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking one server."""

    server: IceServer
    code: str
    """`ok`, `dead`, `no-name` (cannot be resolved), `credentials`, `refused`, `tls`, `no-server` (not an address).

    Of STUN by IPv4 also `no-ipv4` (it has no such address), by IPv6 `no-route` (this machine has no way out by that).
    """
    host: str = ""
    over: str = "udp"
    """udp, tcp or tls."""
    version: int = 4
    """Of IP. STUN servers are asked by both that they have."""
    address: Address | None = None
    """STUN: what it sees of us. TURN: where it relays from."""
    detail: str = ""
    """Of a refusal: what the server said."""


class _Ear(asyncio.DatagramProtocol):
    """Takes the answers to several STUN transactions on one socket."""

    def __init__(self) -> None:
        self.seen: dict[bytes, Address] = {}
        self.news = asyncio.Event()
        self.transport: asyncio.DatagramTransport
        self.has_route = True

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        with contextlib.suppress(Exception):  # anything may come to a UDP port
            message = stun.parse_message(data)
            mapped = message.attributes.get("XOR-MAPPED-ADDRESS") or message.attributes.get("MAPPED-ADDRESS")
            if message.message_class is stun.Class.RESPONSE and mapped:
                self.seen[message.transaction_id] = mapped
                self.news.set()

    def error_received(self, exc: Exception) -> None:
        # A closed port is as silent as any other.
        if isinstance(exc, OSError) and exc.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL):
            self.has_route = False
            self.news.set()


async def ask_stun(servers: Sequence[IceServer]) -> list[Answer]:
    """Ask all of them from one socket, so that their answers tell what a NAT does; by IPv6 from another one.

    Takes ANSWER_S at most. The answers by IPv4 come first; there is one of each server.
    """
    loop = asyncio.get_running_loop()
    ears: dict[int, _Ear] = {}
    try:
        for version, address in ((4, "0.0.0.0"), (6, "::")):
            with contextlib.suppress(OSError):  # a system without IPv6
                _, ears[version] = await loop.create_datagram_endpoint(_Ear, local_addr=(address, 0))
        answers = await asyncio.gather(*(_ask_by_both(server, ears) for server in servers))
        return [found for version in (4, 6) for each in answers for found in each if found.version == version]
    finally:
        for ear in ears.values():
            ear.transport.close()


async def _ask_by_both(server: IceServer, ears: Mapping[int, _Ear]) -> list[Answer]:
    parsed, answer = await _look_up(server)
    if answer is not None:
        return [answer]
    addresses = {6 if ":" in address else 4: address for address in parsed["addresses"]}
    asked = [
        _ask_stun(server, {**parsed, "address": address}, version, ears[version])
        for version, address in addresses.items()
        if version in ears
    ]
    lacking = [] if 4 in addresses else [Answer(server, "no-ipv4", parsed["host"])]
    return [*lacking, *await asyncio.gather(*asked)]


async def _ask_stun(server: IceServer, parsed: Mapping[str, Any], version: int, ear: _Ear) -> Answer:
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(ANSWER_S):
            while request.transaction_id not in ear.seen and ear.has_route:
                ear.transport.sendto(bytes(request), (parsed["address"], parsed["port"]))
                ear.news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RESEND_S):
                        await ear.news.wait()
    mapped = ear.seen.get(request.transaction_id)
    code = "ok" if mapped else "dead" if ear.has_route or version == 4 else "no-route"
    return Answer(server, code, parsed["host"], version=version, address=mapped)


async def ask_turn(server: IceServer) -> Answer:
    """Have the server relay for us, and give the address back. Takes ANSWER_S and DELETE_S at most."""
    parsed, answer = await _look_up(server)
    if answer is not None:
        return answer
    host, over = parsed["host"], "tls" if parsed["scheme"] == "turns" else parsed["transport"]
    gone = _Gone()
    try:
        async with asyncio.timeout(ANSWER_S):
            relayed, _ = await turn.create_turn_endpoint(
                lambda: gone,
                # A certificate is checked against the name.
                server_addr=(host if over == "tls" else parsed["addresses"][0], parsed["port"]),
                username=server.username,
                password=server.credential,
                ssl=True if over == "tls" else None,
                transport="tcp" if over == "tls" else over,
            )
    except stun.TransactionFailed as error:
        code, said = error.response.attributes.get("ERROR-CODE", (0, ""))
        return Answer(server, "credentials" if code in _WRONG_USER else "refused", host, over, detail=f"{code} {said}")
    except (TimeoutError, stun.TransactionTimeout, ConnectionError):
        return Answer(server, "dead", host, over)
    except OSError as error:
        is_tls = over == "tls" and type(error).__module__ == "ssl"
        return Answer(server, "tls" if is_tls else "dead", host, over, detail=str(error))
    address = relayed.get_extra_info("sockname")
    relayed.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DELETE_S):
            await gone.gone.wait()
    return Answer(server, "ok", host, over, address=address)


class _Gone(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()


async def _look_up(server: IceServer) -> tuple[dict[str, Any], Answer | None]:
    """The parts of its URL, with its addresses, IPv4 first; or the answer that there can be none."""
    try:
        parsed: dict[str, Any] = dict(parse_stun_turn_uri(server.url))
    except ValueError:
        return {}, Answer(server, "no-server", server.url)
    try:
        async with asyncio.timeout(ANSWER_S):
            parsed["addresses"] = await resolve(parsed["host"])
    except (OSError, TimeoutError):
        return parsed, Answer(server, "no-name", parsed["host"], parsed.get("transport") or "udp")
    return parsed, None
