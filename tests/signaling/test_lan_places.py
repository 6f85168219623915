"""Which interfaces and addresses the LAN is looked for on."""

from __future__ import annotations

from ipaddress import ip_interface

import ifaddr
import pytest

from p2pchat_tui.signaling.lan_places import INTERFACES_MAX, Place, find_places


def adapter(name: str, index: int, *addresses: tuple[str, int]) -> ifaddr.Adapter:
    ips = [
        ifaddr.IP((address, 0, index) if ":" in address else address, prefix, name)  # type: ignore[arg-type]
        for address, prefix in addresses
    ]
    return ifaddr.Adapter(name, name, ips, index=index)


MACHINE = (
    adapter("lo", 1, ("127.0.0.1", 8), ("::1", 128)),
    adapter("eth0", 2, ("192.168.7.5", 24), ("fe80::5", 64), ("2001:db8::5", 64)),
    adapter("tun0", 3, ("10.9.0.2", 32)),
)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: MACHINE)


def test_all_but_loopback_and_networks_of_one() -> None:
    [place] = find_places()
    assert (place.name, place.index) == ("eth0", 2)
    assert set(place.own()) == {"192.168.7.5", "fe80::5%2", "2001:db8::5"}


def test_only_the_addresses_that_are_named() -> None:
    assert [place.own() for place in find_places(["192.168.7.5"])] == [("192.168.7.5",)]
    assert [place.own() for place in find_places(["127.0.0.1"])] == [("127.0.0.1",)]
    assert [place.own() for place in find_places(["fe80::5"])] == [("fe80::5%2",)]
    assert find_places(["10.9.0.2"]) == find_places(["192.0.2.1"]) == find_places([]) == ()


def test_a_machine_full_of_interfaces_uses_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [adapter(f"veth{number}", number, (f"10.{number}.0.1", 24)) for number in range(1, 40)]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: many)
    assert len(find_places()) == INTERFACES_MAX


def test_who_is_near() -> None:
    place = Place("eth0", 2, tuple(map(ip_interface, ("192.168.7.5/24", "fe80::5/64", "2001:db8::5/64"))))
    assert place.facing("192.168.7.9") == "192.168.7.5"
    assert place.facing("fe80::9%2") == place.facing("fe80::9") == "fe80::5%2"
    assert place.facing("2001:db8::9") == "2001:db8::5"
    for far in ("192.168.8.9", "2001:db8:1::9", "127.0.0.1", "", "garden", "::ffff:192.168.7.9"):
        assert not place.is_near(far)
    assert place.scoped("fe80::9%eth0") == "fe80::9%2" and place.scoped("192.168.7.9") == "192.168.7.9"
