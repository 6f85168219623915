"""Descriptions of the other side: what is taken out, what is refused."""

from __future__ import annotations

import pytest

from p2pchat_tui.ports.transport import TransportError
from p2pchat_tui.transport.description import CANDIDATES_MAX, checked, fingerprint_of, is_near, is_usable

PRINT = ":".join(["AB"] * 32)


def description(*lines: str) -> str:
    return "\r\n".join(["v=0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", *lines, ""])


def candidate(host: str, transport: str = "udp") -> str:
    return f"a=candidate:1 1 {transport} 2130706431 {host} 5000 typ host"


def test_a_good_description_stays_as_it_is() -> None:
    text = description(f"a=fingerprint:sha-256 {PRINT}", candidate("127.0.0.1"), candidate("fe80::1"))
    assert checked(text) == text


@pytest.mark.parametrize(
    "host", ["abc.local", "example.org", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "1.2.3"]
)
def test_candidates_that_are_no_peer_are_taken_out(host: str) -> None:
    assert not is_usable(candidate(host))
    good = description(f"a=fingerprint:sha-256 {PRINT}")
    assert checked(good + candidate(host) + "\r\n") == good


def test_other_transports_and_broken_lines_are_taken_out() -> None:
    assert is_usable(candidate("10.0.0.1", "UDP"))
    assert not is_usable(candidate("10.0.0.1", "tcp"))
    assert not is_usable("a=candidate:1 1 udp")


def test_candidates_are_bounded() -> None:
    text = description(f"a=fingerprint:sha-256 {PRINT}", *(candidate(f"10.0.0.{number}") for number in range(1, 100)))
    kept = [line for line in checked(text).splitlines() if line.startswith("a=candidate")]
    assert kept == [candidate(f"10.0.0.{number}") for number in range(1, CANDIDATES_MAX + 1)]


def test_exactly_one_fingerprint() -> None:
    other = PRINT.replace("AB", "CD", 1)
    assert fingerprint_of(f"a=fingerprint:sha-256 {PRINT.lower()}\r\na=fingerprint:sha-512 {other}") == PRINT
    assert fingerprint_of(f"a=fingerprint:sha-256 {PRINT}\r\na=fingerprint:SHA-256 {PRINT}") == PRINT
    for bad in ("", f"a=fingerprint:sha-1 {PRINT}", f"a=fingerprint:sha-256 {PRINT[3:]}"):
        with pytest.raises(TransportError):
            fingerprint_of(bad)
    with pytest.raises(TransportError):
        fingerprint_of(f"a=fingerprint:sha-256 {PRINT}\r\na=fingerprint:sha-256 {other}")


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("192.168.1.2", True),
        ("10.1.2.3", True),
        ("169.254.1.1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("8.8.8.8", False),
        ("100.64.0.1", False),
        ("2606:4700::1", False),
    ],
)
def test_near_addresses(host: str, near: bool) -> None:
    assert is_near(host) is near
