"""Noticing that the network is another one, with addresses and time by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ifaddr
import pytest

from p2pchat_tui.transport import cable, watch
from p2pchat_tui.transport.cable import CABLES_MAX, cable_addresses
from p2pchat_tui.transport.kernel_news import KernelNews
from p2pchat_tui.transport.watch import LOOK_S, SLEPT_MS, Watch
from tests.machine import needs_ipv6

HOME, AWAY = frozenset({"10.0.0.2"}), frozenset({"10.9.0.7"})
NONE: frozenset[str] = frozenset()


class Machine:
    """A machine whose addresses and clock the test sets."""

    def __init__(self) -> None:
        self.addresses = HOME
        self.now = 1_000_000
        self.watch = Watch(lambda: self.addresses, lambda: self.now)

    def look(self, addresses: frozenset[str] | None = None, after_ms: int = int(LOOK_S * 1000)) -> str:
        """What a look tells, that much later, when the addresses are these."""
        self.now += after_ms
        self.addresses = self.addresses if addresses is None else addresses
        return self.watch.look()


def test_nothing_is_told_while_nothing_happens() -> None:
    machine = Machine()
    assert [machine.look() for _ in range(5)] == [""] * 5


def test_another_address_is_told_once() -> None:
    machine = Machine()
    assert machine.look(AWAY) == "the addresses changed"
    assert machine.look() == ""
    assert machine.look(HOME | AWAY) == "the addresses changed"
    assert machine.look(HOME) == "the addresses changed"


def test_no_address_at_all_is_told_when_it_is_over() -> None:
    machine = Machine()
    assert machine.look(NONE) == machine.look() == ""
    assert machine.look(HOME) == "the network is back"
    assert machine.look() == ""


def test_a_late_look_means_sleep_and_a_busy_machine_does_not() -> None:
    machine = Machine()
    assert machine.look(after_ms=SLEPT_MS) == ""
    assert machine.look(after_ms=SLEPT_MS + 1) == "the machine slept"
    assert machine.look() == ""
    assert machine.look(AWAY, after_ms=60_000) == "the machine slept"
    assert machine.look() == ""


@pytest.fixture
def adapters(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def have(**interfaces: list[object]) -> None:
        found = [
            ifaddr.Adapter(name, name, [ifaddr.IP(address, 24, name) for address in addresses])  # type: ignore[arg-type]
            for name, addresses in interfaces.items()
        ]
        monkeypatch.setattr(ifaddr, "get_adapters", lambda: found)

    return have


def test_addresses_that_reach_nobody_are_left_out(
    adapters: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cable, "_INTERFACES", tmp_path)
    for name, state in (("up", "up"), ("tun", "unknown"), ("cable", "down")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "operstate").write_text(state + "\n")
    adapters(
        lo=["127.0.0.1", ("::1", 0, 0)],
        up=["10.0.0.2", ("2001:db8::2", 0, 0), ("fe80::2", 0, 2)],
        tun=["10.8.0.2"],
        cable=["10.0.0.3"],
        unknown=["10.0.0.4"],
    )
    assert watch.addresses() == {"10.0.0.2", "2001:db8::2", "10.8.0.2", "10.0.0.4"}


def test_a_cable_without_other_addresses_counts(adapters: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cable, "can_bind", lambda address: address != "fe80::9%9")
    adapters(lo=["127.0.0.1", ("::1", 0, 0)], wifi=["10.0.0.2", ("fe80::2", 0, 2)], cable=[("fe80::3%cable", 0, 3)])
    assert cable_addresses() == ["fe80::3%3"]
    assert watch.addresses() == {"10.0.0.2", "fe80::3%3"}
    adapters(lo=["127.0.0.1", ("::1", 0, 0)])
    assert cable_addresses() == []
    adapters(**{f"container{number}": [(f"fe80::{number}", 0, number)] for number in range(1, 9)})
    assert len(cable_addresses()) == CABLES_MAX
    adapters(cable=[("fe80::9", 0, 9)])
    assert cable_addresses() == [], "somebody else may have it"


@needs_ipv6
def test_an_address_of_this_machine_can_be_used_and_no_other() -> None:
    assert cable.can_bind("::1") and not cable.can_bind("fe80::9%1")


class News(KernelNews):
    """A kernel that tells what the test says."""

    is_new = False

    def came(self) -> bool:
        return self.is_new


def test_addresses_are_read_when_the_kernel_tells_of_a_change_or_after_a_sleep() -> None:
    machine, news = Machine(), News()
    reads: list[int] = []

    def read() -> frozenset[str]:
        reads.append(machine.now)
        return machine.addresses

    machine.watch = Watch(read, lambda: machine.now, news)
    assert machine.look() == "" and len(reads) == 1
    news.is_new = True
    assert machine.look(AWAY) == "the addresses changed" and len(reads) == 2
    news.is_new = False
    assert machine.look(after_ms=SLEPT_MS + 1) == "the machine slept" and len(reads) == 3
    machine.watch.close()


def test_this_machine_can_be_looked_at() -> None:
    real = Watch(news=KernelNews())
    assert real.look() == ""
    real.close()
