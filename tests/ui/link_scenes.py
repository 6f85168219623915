"""The link inspector over a room, with a network as it might be: all linked, somebody waited for, a relay lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.pilot import Pilot

from p2pchat_tui.session.api import (
    Activity,
    AttemptView,
    Doing,
    LinkStats,
    LinkView,
    Pair,
    PairState,
    Path,
    PeerState,
    PeerView,
    RelayView,
    RoomView,
    SignalingState,
)
from p2pchat_tui.ssc.ids import PeerId, RoomId
from p2pchat_tui.ui.inspection import Facts
from p2pchat_tui.ui.screens.inspector import Card, InspectorScreen
from tests.ui.scenes import Scene
from tests.ui.world import NOW, World, in_room, is_still, until

NOW_MS = round(NOW.timestamp() * 1000)
ANA, BO, CY, DEE = (PeerId(bytes([number]) * PeerId.size) for number in (1, 2, 3, 4))
TROUBLE = (
    "No path works between here (192.168.1.5, 198.51.100.7 outside) and there (10.0.0.9, 2001:db8::9). "
    "The routers in between let nobody in: a TURN server is needed (ice_servers)."
)


def person(peer: PeerId, name: str, state: PeerState, path: Path | None = None, rtt_ms: int | None = None) -> PeerView:
    return PeerView(peer, name, state, Activity.NONE, path, "", rtt_ms, False, NOW_MS - 7_200_000, "")


def pair(local: str, remote: str, state: PairState, *, chosen: bool = False) -> Pair:
    addresses = {"host": "192.168.1.5:50312", "srflx": "198.51.100.7:50312", "relay": "203.0.113.80:49160"}
    others = {"host": "10.0.0.9:41000", "srflx": "198.51.100.99:41000", "relay": "203.0.113.80:49177"}
    return Pair(local, remote, addresses[local], others[remote], state, chosen)


def linked() -> Facts:
    """One on the LAN, one through TURN, one gone; the relay sleeps."""
    near = pair("host", "host", PairState.WORKS, chosen=True)
    far = (
        pair("relay", "srflx", PairState.WORKS, chosen=True),
        pair("host", "host", PairState.FAILED),
        pair("host", "srflx", PairState.FAILED),
        pair("relay", "host", PairState.TRYING),
    )
    links = (
        LinkView(ANA, "ana", Path.LAN, 2, 754_000, 900, 0.0, stats(near, 48_213, 91_004, 311, 402), (near,)),
        LinkView(BO, "bo", Path.RELAYED, 41, 7_503_000, 900, 0.15, stats(far[0], 3_104_882, 812, 2_961, 1), far),
    )
    view = RoomView(
        name="orchard",
        room=RoomId(bytes(RoomId.size)),
        words="amber otter harbour",
        me=DEE,
        my_name="maya",
        away=False,
        topic="",
        peers=(
            person(ANA, "ana", PeerState.ONLINE, Path.LAN, 2),
            person(BO, "bo", PeerState.ONLINE, Path.RELAYED, 41),
            person(CY, "cy", PeerState.OFFLINE),
        ),
        relays=(
            RelayView("wss://relay.example.org/ws", SignalingState.DORMANT, "", NOW_MS - 480_000, 0, 1_216),
            RelayView("ws://127.0.0.1:7345/ws", SignalingState.OPEN, ""),
        ),
        gap=None,
        network="",
        ready=True,
        lan=False,
    )
    return Facts(view, links, (), NOW_MS)


def stats(chosen: Pair, sent: int, received: int, messages_sent: int, messages_received: int) -> LinkStats:
    ends = (chosen.local, chosen.remote, chosen.local_address, chosen.remote_address)
    return LinkStats(*ends, 1, sent, received, messages_sent, messages_received)


def retrying() -> Facts:
    """Two who are not linked: one failed several times, one is being tried."""
    before = linked()
    bo = AttemptView(BO, "bo", Doing.WAITING, 4, NOW_MS + 7_400, TROUBLE)
    tried = (pair("host", "host", PairState.FAILED), pair("srflx", "srflx", PairState.TRYING))
    unknown = AttemptView(None, "", Doing.OPENING, 0, None, "", tried)
    ana, bo_view, cy = before.view.peers
    through = replace(bo_view, path=Path.VIA, via="ana", rtt_ms=None, activity=Activity.WAITING)
    view = replace(before.view, peers=(ana, through, cy))
    silent = replace(before.links[0], doubted=True, silent_ms=9_300)
    return Facts(view, (silent,), (bo, unknown), NOW_MS)


def relay_lost() -> Facts:
    """A relay that cannot be reached, while the LAN is used."""
    before = linked()
    relays = (
        RelayView(
            "wss://relay.example.org/ws",
            SignalingState.LOST,
            "Nothing listens at relay.example.org: start the relay there, or check the port.",
            retry_at_ms=NOW_MS + 11_900,
        ),
        RelayView("ws://127.0.0.1:7345/ws", SignalingState.CONNECTING, ""),
        RelayView("lan", SignalingState.DORMANT, "", NOW_MS - 60_000, 0, 96),
    )
    return Facts(replace(before.view, relays=relays, lan=True), before.links[:1], (), NOW_MS)


FACTS: dict[str, Callable[[], Facts]] = {"linked": linked, "retrying": retrying, "relay-lost": relay_lost}


def inspector(name: str, *keys: str) -> Scene:
    """The inspector with one of FACTS, after some keys."""
    world = World()
    me = world.profile("maya", number=11)

    async def before() -> None:
        await me.new_room("orchard")

    async def play(pilot: Pilot[str | None]) -> None:
        chat = await in_room(pilot)
        facts = FACTS[name]()
        screen = InspectorScreen(lambda: facts, lambda: None, chat.tz)
        await pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.query(Card) and is_still(pilot.app))  # type: ignore[arg-type]
        await pilot.press(*keys)
        await pilot.pause()

    return Scene(world.app(me, "orchard", before=before), play)
