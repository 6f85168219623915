"""The matrix: every network that is tried, what happens in it, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import places, stories
from .namespaces import Lab
from .places import CENTRE, CENTRE_6, LAN, LAN_CENTRE, NOWHERE, Nat
from .servers import PORT, STUN, STUN_TOO, TURN_TCP, TURN_UDP, coturn, relay
from .stage import Stage
from .stories import Story
from .wire import Wire

SEED = 7


@dataclass(frozen=True, slots=True)
class Case:
    """One row."""

    name: str
    build: Callable[[Lab, Path], Stage]
    path: str
    """How they must be linked: paths of `peer` events, several with a bar between them."""
    story: Story = stories.meet
    quick: bool = False
    """Whether the test suite tries it."""


# ------------------------------------------------------------------------------------------------------ the networks


def same_host(lab: Lab, folder: Path) -> Stage:
    """Two windows of a machine in a network, without any server."""
    places.switch(lab, "lan", f"{LAN_CENTRE}/24")
    places.machine(lab, "host", "lan", f"{LAN}.2/24")
    return Stage(lab, folder, {"ana": "host", "bo": "host"})


def only_loopback(lab: Lab, folder: Path) -> Stage:
    """Two windows of a machine without any network."""
    lab.add("host")
    return Stage(lab, folder, {"ana": "host", "bo": "host"})


def one_cable(lab: Lab, folder: Path) -> Stage:
    """Two machines with a cable between them, and the addresses that IPv6 gives itself."""
    lab.add("ana")
    lab.add("bo")
    for name in ("ana", "bo"):  # nobody else could have such an address: it is not asked for first
        lab.sysctl(name, net__ipv6__conf__all__accept_dad=0, net__ipv6__conf__default__accept_dad=0)
    lab.cable("ana", "eth0", "bo", "eth0")
    stage = Stage(lab, folder, {"ana": "ana", "bo": "bo"})
    stage.options = ("--lan",)
    return stage


def same_lan(lab: Lab, folder: Path) -> Stage:
    """Two machines on a switch, and a relay on a third one."""
    places.switch(lab, "lan", f"{LAN_CENTRE}/24")
    places.machine(lab, "ana", "lan", f"{LAN}.2/24")
    places.machine(lab, "bo", "lan", f"{LAN}.3/24")
    return Stage(lab, folder, {"ana": "ana", "bo": "bo"}, relay(lab, "lan", LAN_CENTRE, folder / "relay"))


def two_interfaces(lab: Lab, folder: Path) -> Stage:
    """The same, and ana's machine has a second interface, down for now."""
    stage = same_lan(lab, folder)
    places.machine(lab, "ana", "lan", end="eth1")
    lab.ip("ana", "link set eth1 down")
    return stage


def nobody_answers(build: Callable[[Lab, Path], Stage]) -> Callable[[Lab, Path], Stage]:
    """`build`, with STUN, TURN and a second relay in the settings from which nothing ever comes back."""

    def built(lab: Lab, folder: Path) -> Stage:
        stage = build(lab, folder)
        for host in set(stage.at.values()):
            lab.ip(host, f"route add {NOWHERE} via {LAN_CENTRE}")  # which passes nothing on, and says nothing
        dead = tuple(each.replace(CENTRE, NOWHERE) for each in (STUN, TURN_UDP, TURN_TCP))
        stage.servers = dict.fromkeys(stage.at, dead)
        stage.options = ("--relay", f"ws://{NOWHERE}:{PORT}")
        return stage

    return built


def ipv6_only(lab: Lab, folder: Path) -> Stage:
    """Two machines that have IPv6 addresses only, and so has the relay."""
    places.switch(lab, "net", f"{CENTRE_6}/64")
    places.machine(lab, "ana", "net", "2001:db8::a/64")
    places.machine(lab, "bo", "net", "2001:db8::b/64")
    return Stage(lab, folder, {"ana": "ana", "bo": "bo"}, relay(lab, "net", CENTRE_6, folder / "relay"))


def homes(ana: Nat | None, bo: Nat | None, *servers: str, only_ana: bool = False) -> Callable[[Lab, Path], Stage]:
    """Each behind a router of that kind (None: right on the internet); with these `servers`, or bo with STUN alone."""

    def built(lab: Lab, folder: Path) -> Stage:
        places.internet(lab)
        for number, (name, nat) in enumerate((("ana", ana), ("bo", bo)), 1):
            if nat is None:
                address = f"{places.PUBLIC}.{number}5/24"
                places.machine(lab, name, "net", address, gateway=f"{places.PUBLIC}.254")
            else:
                places.home(lab, name, number, nat)
        coturn(lab)
        stage = Stage(lab, folder, {"ana": "ana", "bo": "bo"}, relay(lab, "net", CENTRE, folder / "relay"))
        stage.servers = {"ana": servers, "bo": (STUN,) if only_ana else servers}
        return stage

    return built


def same_home(lab: Lab, folder: Path) -> Stage:
    """Both behind one router, the relay outside of it, no STUN."""
    places.internet(lab)
    places.home(lab, "ana", 1, Nat.PORT)
    places.machine(lab, "bo", "r1", "10.1.0.3/24", gateway="10.1.0.1")
    return Stage(lab, folder, {"ana": "ana", "bo": "bo"}, relay(lab, "net", CENTRE, folder / "relay"))


def lossy(loss: float, delay_ms: float) -> Callable[[Lab, Path], Stage]:
    """A wire between the two that is so; the relay runs on bo's machine, so signals suffer as well."""

    def built(lab: Lab, folder: Path) -> Stage:
        lab.add("ana")
        lab.add("bo")
        wire = Wire(lab, "ana", f"{LAN}.2/24", "bo", f"{LAN}.3/24", SEED)
        wire.set(loss, delay_ms)
        return Stage(lab, folder, {"ana": "ana", "bo": "bo"}, relay(lab, "bo", f"{LAN}.3", folder / "relay"))

    return built


# -------------------------------------------------------------------------------------------------------- the matrix

S, U, T = STUN, TURN_UDP, TURN_TCP
CASES = (
    Case("same-host", same_host, "lan"),
    Case("only-loopback", only_loopback, "lan", quick=True),
    Case("same-host-nothing-answers", nobody_answers(same_host), "lan"),
    Case("one-cable", one_cable, "lan"),
    Case("same-lan", same_lan, "lan"),
    Case("same-lan-nothing-answers", nobody_answers(same_lan), "lan", quick=True),
    Case("ipv6-only", ipv6_only, "lan|direct", quick=True),
    Case("same-home", same_home, "lan"),
    Case("one-nat", homes(Nat.PORT, None), "direct|lan"),
    Case("one-symmetric-nat", homes(Nat.SYMMETRIC, None), "direct|lan"),
    Case("full-cone", homes(Nat.FULL_CONE, Nat.FULL_CONE, S), "direct"),
    Case("address-dependent", homes(Nat.ADDRESS, Nat.ADDRESS, S), "direct"),
    Case("port-dependent", homes(Nat.PORT, Nat.PORT, S), "direct", quick=True),
    Case("port-dependent-with-turn", homes(Nat.PORT, Nat.PORT, S, U, T), "direct|relayed"),
    Case("symmetric-address", homes(Nat.SYMMETRIC, Nat.ADDRESS, S), "direct"),
    Case("symmetric-port", homes(Nat.SYMMETRIC, Nat.PORT, S), "", stories.miss),
    Case("symmetric-symmetric", homes(Nat.SYMMETRIC, Nat.SYMMETRIC, S), "", stories.miss, quick=True),
    Case("symmetric-turn", homes(Nat.SYMMETRIC, Nat.SYMMETRIC, S, U), "relayed"),
    Case("symmetric-turn-one-side", homes(Nat.SYMMETRIC, Nat.SYMMETRIC, S, U, only_ana=True), "relayed"),
    Case("no-udp-port-turn-tcp", homes(Nat.NO_UDP, Nat.PORT, S, U, T), "relayed"),
    Case("no-udp-turn-tcp", homes(Nat.NO_UDP, Nat.NO_UDP, S, U, T), "relayed", quick=True),
    Case("no-udp-no-turn", homes(Nat.NO_UDP, Nat.PORT, S), "", stories.miss),
    Case("loss-5-delay-50", lossy(0.05, 50), "lan"),
    Case("loss-20-delay-50", lossy(0.20, 50), "lan"),
    Case("loss-5-delay-200", lossy(0.05, 200), "lan"),
    Case("loss-20-delay-200", lossy(0.20, 200), "lan"),
    Case("down-5-s", same_lan, "lan", stories.interrupted(stories.link_down(5))),
    Case("down-20-s", same_lan, "lan", stories.interrupted(stories.link_down(20))),
    Case("down-90-s", same_lan, "lan", stories.interrupted(stories.link_down(90))),
    Case("other-interface", two_interfaces, "lan", stories.interrupted(stories.other_interface), quick=True),
    Case("asleep-40-s", same_lan, "lan", stories.interrupted(stories.asleep(40))),
    Case("killed", same_lan, "", stories.killed),
    Case("doctor-no-udp", homes(Nat.NO_UDP, None, S, U, T), "", stories.examined("udp udp-blocked", "turn ok")),
    Case("doctor-symmetric", homes(Nat.SYMMETRIC, None, S, STUN_TOO), "", stories.examined("nat nat-symmetric")),
    Case("doctor-port-dependent", homes(Nat.PORT, None, S, STUN_TOO, U), "", stories.examined("nat ok", "turn ok")),
)
