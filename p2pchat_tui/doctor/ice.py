"""Judges what STUN and TURN servers answered: which of them serve, what the NAT does, whether UDP gets out at all."""

from __future__ import annotations

from collections.abc import Sequence

from ..transport.asking import Answer
from .findings import Finding, fail, ok, skip, warn
from .visit import Visit

NAME_TWO = "Name two STUN servers on different addresses in ice_servers."


def judge_stun(answer: Answer) -> Finding:
    """One STUN server, as it was asked by IPv4 or by IPv6."""
    name = f"The STUN server {answer.host}"
    match answer.version, answer.code:
        case _, "no-ipv4":
            what = f"{name} has no IPv4 address, and links need such a server for IPv4 alone."
            return warn("stun", "stun-no-ipv4", what, "Name one that has, in ice_servers.")
        case 6, "no-route":
            return skip("stun", "stun-no-ipv6", f"{name} has an IPv6 address, and this machine gets nowhere by IPv6.")
        case 6, "dead":
            what = f"{name} does not answer over IPv6, though its name has such an address."
            do = "Links go by IPv4 meanwhile; if no other server answers over IPv6, tell whoever runs this network."
            return warn("stun", "stun-dead-ipv6", what, do)
        case 6, _:
            return ok("stun", f"{name} answers over IPv6.")
    return _judge("stun", answer) or ok("stun", f"The STUN server {answer.host} answers.")


def judge_turn(answer: Answer) -> Finding:
    """One TURN server."""
    name = f"The TURN server {answer.host} ({answer.over})"
    if answer.code == "credentials":
        return fail(
            "turn",
            "turn-credentials",
            f"{name} does not take this user name and credential.",
            "Correct them in ice_servers; if a relay named the server, tell its owner.",
        )
    if answer.code == "refused":
        return fail(
            "turn", "turn-refuses", f"{name} refuses: {answer.detail}.", "Ask whoever runs it, or name another."
        )
    if answer.code == "tls":
        return fail(
            "turn", "turn-tls", f"{name} cannot be trusted: {answer.detail}.", "Check its name and certificate."
        )
    return _judge("turn", answer) or ok("turn", f"{name} relays for us.")


def _judge(kind: str, answer: Answer) -> Finding | None:
    name = f"The {kind.upper()} server {answer.host} ({answer.over})"
    if answer.code == "no-name":
        return fail(
            kind, f"{kind}-no-name", f"{name}: this name cannot be found.", "Check it in ice_servers, and the network."
        )
    if answer.code == "no-server":
        return fail(
            kind, f"{kind}-no-server", f"{answer.host} is no address of such a server.", "Check it in ice_servers."
        )
    if answer.code == "dead":
        return fail(
            kind,
            f"{kind}-dead",
            f"{name} does not answer.",
            "Check its address and port in ice_servers, and that it runs; or take it out.",
        )
    return None


def judge_missing(turn: Sequence[Answer], relay_only: bool) -> Finding | None:
    """Whether a TURN server is asked for and none is named."""
    if turn:
        return None
    if relay_only:
        return fail(
            "turn",
            "turn-missing",
            "Links go through TURN servers only, and none is named.",
            "Add one to ice_servers, or drop --relay-only (ice_policy).",
        )
    return skip("turn", "none", "No TURN server is named: two who are both behind strict NATs cannot link.")


def judge_udp(stun: Sequence[Answer], turn: Sequence[Answer], visits: Sequence[Visit]) -> Finding:
    """Whether UDP, which direct links are made of, gets out of this network."""
    unasked = ("no-name", "no-server", "no-ipv4", "no-route")
    asked = [answer for answer in (*stun, *turn) if answer.over == "udp" and answer.code not in unasked]
    silent = {answer.host for answer in asked if answer.code == "dead"}
    if any(answer.code != "dead" for answer in asked):
        return ok("udp", "UDP gets out and answers come back.")
    if not asked:
        return skip("udp", "unknown", "No STUN or TURN server is named that could tell whether UDP gets out.", NAME_TWO)
    by_tcp = {
        answer.host for answer in turn if answer.over != "udp" and answer.code not in ("dead", "no-name", "no-server")
    }
    blocked = "UDP seems to be blocked in this network: no server answers over it, though TCP gets through."
    do = "Use another network, or name a TURN server over TCP in ice_servers (turn:HOST:3478?transport=tcp)."
    if silent & by_tcp:
        return fail("udp", "udp-blocked", blocked, do)
    if len(silent) > 1 and any(visit.code == "ok" for visit in visits):
        return fail("udp", "udp-blocked", blocked, do)
    return warn(
        "udp",
        "udp-unclear",
        "No server answers over UDP: either they are down, or UDP is blocked in this network.",
        "Check the servers from another network, or name a second one.",
    )


def judge_nat(stun: Sequence[Answer], own: Sequence[str]) -> Finding:
    """What stands between this machine and the others by IPv4; `own`: the addresses of this machine."""
    seen = {answer.host: answer.address for answer in stun if answer.version == 4 and answer.address}
    if not seen:
        return skip("nat", "unknown", "No STUN server has told what this network does to addresses.", NAME_TWO)
    addresses = set(seen.values())
    if all(host in own for host, _ in addresses):
        return ok("nat", "There is no NAT on the way to the STUN servers: others can link with this machine directly.")
    if len(addresses) > 1:
        return warn(
            "nat",
            "nat-symmetric",
            "The NAT here gives every destination another port (symmetric): direct links work with some others only.",
            "Name a TURN server in ice_servers, so that links can go through it.",
        )
    if len(seen) < 2:
        return skip(
            "nat", "nat-unknown", "There is a NAT here; one STUN server alone cannot tell of which kind.", NAME_TWO
        )
    return ok("nat", "There is a NAT here of the kind that direct links get through.")


def judge_ipv6(stun: Sequence[Answer], own: Sequence[str]) -> Finding | None:
    """The same by IPv6; None where no server that was asked by it has answered."""
    seen = {answer.address[0] for answer in stun if answer.version == 6 and answer.address}
    if not seen:
        return None
    if seen <= set(own):
        return ok("nat", "There is no NAT for IPv6: others who have it can link with this machine directly.")
    return warn(
        "nat",
        "nat-ipv6",
        "Even IPv6 addresses are translated on the way (NAT66): links by IPv6 work with machines of this network only.",
        "Nothing, where links by IPv4 work; else name a TURN server in ice_servers.",
    )
