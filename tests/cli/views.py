"""A room as the session would show it."""

from __future__ import annotations

from p2pchat_tui.session import api

ENTRY = api.EntryId(bytes(range(32)))
PEER = api.PeerView(
    peer=api.PeerId(b"b" * 32),
    name="bo",
    state=api.PeerState.ONLINE,
    activity=api.Activity.NONE,
    path=api.Path.LAN,
    via="",
    rtt_ms=3,
    typing=False,
    last_seen_ms=1_700_000_000_000,
    note="",
)
RELAY = api.RelayView("ws://here/ws", api.SignalingState.OPEN, "")
VIEW = api.RoomView(
    name="garden",
    room=api.RoomId(b"r" * 16),
    words="one two three",
    me=api.PeerId(b"a" * 32),
    my_name="ana",
    away=False,
    topic="",
    peers=(PEER,),
    relays=(RELAY,),
    gap=None,
    network="",
    ready=True,
)
MESSAGE = api.MessageView(
    id=ENTRY,
    author=PEER.peer,
    seq=1,
    order=(1, bytes(PEER.peer), 1),
    at_ms=1_700_000_000_000,
    name="bo",
    text="hi\nthere",
    mine=False,
    reply_to=None,
    reply_name="",
    reply_text="",
    edited=False,
    retracted=False,
    reactions=(),
)
