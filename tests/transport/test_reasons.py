"""What is said when two sides find no path."""

from __future__ import annotations

import pytest

from p2pchat_tui.transport.reasons import candidates, no_path


def description(*found: str) -> str:
    """A description with these candidates, each `address type`."""
    lines = [f"a=candidate:{n} 1 udp 99 {each.replace(' ', f' {5000 + n} typ ')}" for n, each in enumerate(found)]
    return "\r\n".join(["v=0", *lines, ""])


PRIVATE, OUTSIDE, RELAY = "10.1.0.2 host", "203.0.113.10 srflx", "203.0.113.1 relay"
THERE, THERE_OUTSIDE = "10.2.0.2 host", "203.0.113.20 srflx"


def test_candidates_are_read() -> None:
    assert candidates(description(PRIVATE, OUTSIDE, OUTSIDE, "2001:db8::1 host")) == [
        ("10.1.0.2", "host"),
        ("203.0.113.10", "srflx"),
        ("2001:db8::1", "host"),
    ]
    assert candidates("nonsense") == []


@pytest.mark.parametrize(
    ("here", "there", "blocked", "advice"),
    [
        ((PRIVATE, OUTSIDE), (THERE, THERE_OUTSIDE), False, "let nobody in: a TURN server is needed"),
        ((PRIVATE,), (THERE, THERE_OUTSIDE), True, "UDP seems blocked here: a TURN server over TCP is needed"),
        ((PRIVATE,), (THERE, THERE_OUTSIDE), False, "the outside address here: name one"),
        ((PRIVATE, OUTSIDE), (THERE,), False, "the outside address there: name one"),
        ((PRIVATE,), (THERE,), False, "the outside address here and there: name one"),
        ((PRIVATE, RELAY), (THERE,), False, "the outside address there: name one"),
        ((PRIVATE, RELAY), (THERE, THERE_OUTSIDE), True, "Not even TURN gets through"),
        ((PRIVATE, OUTSIDE), ("2001:db8::1 host",), False, "only IPv4 and the other only IPv6"),
        ((PRIVATE,), ("fe80::2 host",), False, "only IPv4 and the other only IPv6"),
        (("2001:db8::1 host",), ("fe80::2 host",), False, "The addresses there hold on one cable only"),
        (("fe80::1 host",), ("fe80::2 host",), True, "The addresses here and there hold on one cable only"),
        ((), (THERE,), False, "This machine has no address"),
        ((PRIVATE,), (), False, "The other side has no address"),
    ],
)
def test_the_advice_fits(here: tuple[str, ...], there: tuple[str, ...], blocked: bool, advice: str) -> None:
    assert advice in no_path(description(*here), description(*there), udp_blocked=blocked)


def test_both_sides_are_named_and_not_without_end() -> None:
    many = [f"10.0.0.{number} host" for number in range(9)]
    text = no_path(description(PRIVATE, OUTSIDE), description(*many), udp_blocked=False)
    assert "here (10.1.0.2, 203.0.113.10 outside)" in text
    assert "there (10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3 and 5 more)" in text
