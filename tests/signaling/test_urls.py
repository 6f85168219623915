"""Relay addresses as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.signaling.urls import normal_relay_url, normal_relay_urls, shown_host


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("relay.example.org", "wss://relay.example.org/ws"),
        (" Relay.Example.org \n", "wss://relay.example.org/ws"),
        ("relay.example.org:8443", "wss://relay.example.org:8443/ws"),
        ("wss://relay.example.org:443/", "wss://relay.example.org/ws"),
        ("WSS://relay.example.org/chat/ws", "wss://relay.example.org/chat/ws"),
        ("ws://relay.example.org", "ws://relay.example.org:7345/ws"),
        ("ws://relay.example.org:80/ws", "ws://relay.example.org:80/ws"),
        ("localhost", "ws://localhost:7345/ws"),
        ("127.0.0.1:9000", "ws://127.0.0.1:9000/ws"),
        ("127.3.2.1", "ws://127.3.2.1:7345/ws"),
        ("wss://127.0.0.1:9000", "wss://127.0.0.1:9000/ws"),
        ("[::1]", "ws://[::1]:7345/ws"),
        ("[2001:DB8:0::1]:7345", "wss://[2001:db8::1]:7345/ws"),
        ("192.168.1.20:7345", "wss://192.168.1.20:7345/ws"),
        ("bücher.example", "wss://xn--bcher-kva.example/ws"),
        ("my_relay.lan.", "wss://my_relay.lan./ws"),
    ],
)
def test_normal_form(typed: str, normal: str) -> None:
    assert normal_relay_url(typed) == normal
    assert normal_relay_url(normal) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "://",
        "ws://",
        "/ws",
        "http://relay.example.org",
        "p2pchat://relay/room#secret",
        "wss://user:pass@relay.example.org",
        "relay.example.org#SECRET",
        "relay.example.org?token=1",
        "two words",
        "relay\x1b[2J.org",
        "a\tb",
        "relay..org",
        ".org",
        "relay.example.org:0",
        "relay.example.org:65536",
        "relay.example.org:",
        "relay.example.org:http",
        "relay.example.org:-1",
        "::1",
        "2001:db8::1:7345",
        "[::1",
        "[::1]x:80",
        "[nonsense]:80",
        "999.1.1.1",
        "1.2.3",
        "a" * 64 + ".org",
        "relay.example.org/" + "x" * 600,
        "relay.example.org/ü",
        "re%6cay.org",
    ],
)
def test_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z][^\n\x1b]*\.$"):
        normal_relay_url(typed)


_TEXTS = st.text("aZ0.:/[]@#?%-_ \\\0\n\u00e9\u212a\u3002\u202e\ud800", max_size=60)


@given(_TEXTS | st.from_regex(r"(wss?://)?[a-z0-9.\[\]:-]{1,30}(/[a-z@?#]*)?", fullmatch=True))
def test_whatever_is_typed_is_refused_or_normal_for_good(typed: str) -> None:
    try:
        normal = normal_relay_url(typed)
    except ValueError as error:
        assert str(error).endswith(".")
        return
    assert normal_relay_url(normal) == normal
    assert normal.isascii() and normal.isprintable() and shown_host(normal)


def test_the_host_for_sentences() -> None:
    assert shown_host("ws://127.0.0.1:7345/ws") == "127.0.0.1:7345"


def test_several_at_once() -> None:
    both = "wss://relay.example/ws ws://127.0.0.1:7345/ws"
    for text in ("relay.example, ws://127.0.0.1", "relay.example ws://127.0.0.1,relay.example", both):
        assert normal_relay_urls(text) == both
    with pytest.raises(ValueError, match="empty"):
        normal_relay_urls(" , ")
    with pytest.raises(ValueError, match="at most 4"):
        normal_relay_urls("a.x b.x c.x d.x e.x")
