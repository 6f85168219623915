"""TURN credentials: what coturn computes from the same secret, fresh for everybody, and fetched anew in time."""

from __future__ import annotations

import pytest

from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.ports.signaling import IceServersOffered, SessionGone, SignalingState, StateChanged
from p2pchat_tui.signaling.relay import Relay
from p2pchat_tui.signaling.turn import LIFETIME_S, TurnMint, credentials
from tests.contracts.signaling import listening
from tests.helpers import entropy
from tests.signaling.test_client import client

SERVERS = (IceServer("stun:127.0.0.1:3478"), IceServer("turn:127.0.0.1:3478"), IceServer("turn:x", "u", "p"))
NOW_S = 1_700_000_000.9


def test_the_scheme() -> None:
    """By hand: `printf 1700043200:ana | openssl dgst -sha1 -hmac north -binary | base64`."""
    assert LIFETIME_S == 43_200
    assert credentials("north", "ana", NOW_S) == ("1700043200:ana", "5wXio1Cclzyoq3TGRnACWcNaDIA=")


def test_only_servers_without_a_user_get_one_and_each_time_another() -> None:
    mint = TurnMint(SERVERS, "north", lambda: NOW_S, entropy(1))
    (stun, one, own), (_, two, _) = mint(), mint()
    assert (stun, own) == (SERVERS[0], SERVERS[2])
    assert one.url == two.url == SERVERS[1].url
    assert one.username.startswith("1700043200:") and one.username != two.username
    assert (one.username, one.credential) == credentials("north", one.username.partition(":")[2], NOW_S)
    assert mint.ttl_s == LIFETIME_S
    assert "north" not in repr(mint) and one.credential not in repr(one)


def test_without_a_secret_such_servers_are_left_out() -> None:
    mint = TurnMint(SERVERS, "", lambda: NOW_S, entropy(1))
    assert mint() == (SERVERS[0], SERVERS[2])
    assert mint.ttl_s == 0


async def test_each_greeting_brings_fresh_ones_and_they_are_renewed_before_they_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mint = TurnMint(SERVERS, "north", lambda: NOW_S, entropy(1))
    monkeypatch.setattr("p2pchat_tui.signaling.client.RENEW_LEAST_S", 0.0)
    async with Relay(ice=mint, ttl_s=1) as relay, listening(client(relay.url, 1), client(relay.url, 2)) as both:
        for each in both:
            await each.until(lambda _, each=each: len(each.of(IceServersOffered)) >= 3)
        names = [offered.servers[1].username for each in both for offered in each.of(IceServersOffered)]
        assert len(set(names)) == len(names)
        for each in both:
            assert not each.of(SessionGone), "each has taken its own place, before it left the old one"
            assert {told.state for told in each.of(StateChanged)} == {SignalingState.CONNECTING, SignalingState.OPEN}
