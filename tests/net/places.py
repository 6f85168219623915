"""Networks for the laboratory: switches, machines, and home routers that translate addresses in different ways.

All addresses are ones set aside for documentation and private use, and exist inside the namespaces of the run only.
"""

from __future__ import annotations

from enum import StrEnum

from .namespaces import Lab

PUBLIC = "203.0.113"
"""The laboratory's internet (RFC 5737)."""
CENTRE = f"{PUBLIC}.1"
"""Where relay, STUN and TURN are."""
SECOND = f"{PUBLIC}.2"
"""Where STUN is, too: what a NAT does shows only where two are asked."""
CENTRE_6 = "2001:db8::1"
NOWHERE = "198.51.100.1"
"""An address from which nothing ever comes back."""
LAN = "10.7.0"
"""A network without any internet."""
LAN_CENTRE = f"{LAN}.1"


class Nat(StrEnum):
    """What a router does with the datagrams of its network."""

    FULL_CONE = "full cone"
    """One outside port for each inside port, open to everybody."""
    ADDRESS = "address-dependent"
    """The same, open to addresses that were written to."""
    PORT = "port-dependent"
    """The same, open to addresses and ports that were written to: what most home routers do."""
    SYMMETRIC = "symmetric"
    """Another outside port for each destination."""
    NO_UDP = "no UDP"
    """Port-dependent, and no UDP leaves: an office."""


def switch(lab: Lab, name: str, *addresses: str) -> None:
    """A machine that is a switch, too; machines are plugged in with `machine` and `router`."""
    lab.add(name)
    lab.ip(name, "link add br0 type bridge", "link set br0 up", *_given(addresses, "br0"))


def internet(lab: Lab) -> None:
    """The switch `net` at CENTRE, and a gateway that swallows what is for nobody."""
    switch(lab, "net", f"{CENTRE}/24", f"{SECOND}/24", f"{CENTRE_6}/64")
    machine(lab, "void", "net", f"{PUBLIC}.254/24")
    # Without a route to everywhere coturn gives an allocation up at the first private candidate.
    lab.ip("net", f"route add default via {PUBLIC}.254")


def machine(lab: Lab, name: str, at: str, *addresses: str, gateway: str = "", end: str = "eth0") -> None:
    """A machine plugged into the switch or router `at`; once more for a machine that is there: one more interface."""
    if name not in lab.names:
        lab.add(name)
    port = f"{name}-{end}"
    lab.cable(at, port, name, end)
    lab.ip(at, f"link set {port} master br0")
    lab.ip(name, *_given(addresses, end))
    if gateway:
        lab.ip(name, f"route add default via {gateway}")


def router(lab: Lab, name: str, number: int, nat: Nat) -> str:
    """A home's router, at PUBLIC.`number`0 and 10.`number`.0.1; the address of the home's first machine."""
    switch(lab, name, f"10.{number}.0.1/24")
    lab.cable("net", f"{name}-wan", name, "wan")
    lab.ip("net", f"link set {name}-wan master br0")
    lab.ip(name, f"addr add {PUBLIC}.{number}0/24 dev wan", f"route add default via {PUBLIC}.254")
    lab.sysctl(name, net__ipv4__ip_forward=1)
    first = f"10.{number}.0.2"
    lab.nft(name, _rules(nat, first))
    return first


def home(lab: Lab, name: str, number: int, nat: Nat) -> None:
    """A machine `name` behind a router of its own."""
    first = router(lab, f"r{number}", number, nat)
    machine(lab, name, f"r{number}", f"{first}/24", gateway=f"10.{number}.0.1")


def _given(addresses: tuple[str, ...], interface: str) -> list[str]:
    """For `ip`; IPv6 addresses are used at once, without asking around whether somebody has them."""
    return [f"addr add {each} dev {interface}{' nodad' if ':' in each else ''}" for each in addresses]


def _rules(nat: Nat, inside: str) -> str:
    """nftables rules. A router answers nothing that it was not asked for, or the answer would take up the port."""
    outgoing = "masquerade random,fully-random" if nat is Nat.SYMMETRIC else "masquerade"
    incoming = {
        Nat.FULL_CONE: f"iifname wan meta l4proto udp dnat to {inside}",
        Nat.ADDRESS: f"iifname wan meta l4proto udp ip saddr @written dnat to {inside}",
    }.get(nat, "")
    leaving = {
        Nat.NO_UDP: "iifname br0 oifname wan meta l4proto udp drop",
        Nat.ADDRESS: "iifname br0 oifname wan meta l4proto udp update @written { ip daddr timeout 60s }",
    }.get(nat, "")
    entering = "" if incoming else "iifname wan drop"
    return f"""
table ip router {{
    set written {{ type ipv4_addr; flags dynamic,timeout; }}
    chain before {{ type nat hook prerouting priority dstnat; {incoming}; }}
    chain after {{ type nat hook postrouting priority srcnat; oifname wan {outgoing}; }}
    chain through {{ type filter hook forward priority 0;
        {leaving}
        iifname wan ct state established,related accept
        {entering}
    }}
    chain self {{ type filter hook input priority 0;
        ct state established,related accept
        iifname wan drop
    }}
}}
"""
