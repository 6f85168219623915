"""What the top of the screen says of the relays."""

from __future__ import annotations

import pytest

from p2pchat_tui.session.api import RelayView, SignalingState
from p2pchat_tui.ui.widgets.status_line import relay_text

OPEN, LOST, DORMANT = SignalingState.OPEN, SignalingState.LOST, SignalingState.DORMANT
HERE, THERE, OTHER, LAN = "ws://127.0.0.1:7345/ws", "wss://relay.example.org", "wss://other.example.org", "lan"
NEAR = "ws://127.0.0.1:9000/ws"
"""A relay on this machine that somebody named."""


@pytest.mark.parametrize(
    ("relays", "text"),
    [
        ({}, "no relay"),
        ({HERE: OPEN}, "relay open"),
        ({HERE: LOST}, "relay lost, retrying"),
        ({HERE: OPEN, THERE: LOST}, "relay lost, retrying"),
        ({HERE: LOST, THERE: DORMANT}, "relay dormant"),
        ({HERE: OPEN, NEAR: LOST}, "relay lost, retrying"),
        ({HERE: LOST, THERE: LOST, OTHER: OPEN}, "relay open"),
        ({HERE: LOST, LAN: OPEN}, "relay lost, retrying"),
        ({LAN: OPEN}, "lan open"),
    ],
)
def test_the_best_relay_counts_and_that_of_this_machine_only_where_there_is_no_other(
    relays: dict[str, SignalingState], text: str
) -> None:
    assert relay_text(tuple(RelayView(url, state, "", is_own=url == HERE) for url, state in relays.items())) == text
