"""Signals out by every way there is, signals in whichever way they came, and what a person is told, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from p2pchat_tui.ports.signaling import SessionGone, SessionSeen, SignalingEvent, SignalReceived, Traffic
from p2pchat_tui.ports.transport import Transport
from p2pchat_tui.session import introductions as module
from p2pchat_tui.session.introductions import REASON_MAX, SENDERS_MAX, Introductions
from p2pchat_tui.session.linker import REMOTES_MAX, Linker
from p2pchat_tui.session.links import BEHIND, Link
from p2pchat_tui.session.neighbours import Neighbours
from p2pchat_tui.session.passing import HOPS, THERE_MAX
from p2pchat_tui.session.relays import RelayState
from p2pchat_tui.session.remote import MakeAnswer, Remote, SendSignal
from p2pchat_tui.ssc.clock import Now
from p2pchat_tui.ssc.frames import Carried, short_peer
from p2pchat_tui.ssc.ids import LinkId, PeerId, SessionId, Stamp
from p2pchat_tui.ssc.presence import Seen, State
from p2pchat_tui.ssc.room import room_keys
from p2pchat_tui.ssc.seal import NONCE_BYTES, Signal, SignalKind, seal, unseal
from p2pchat_tui.ssc.wire import Decoder
from tests.helpers import entropy, identity

from .wires import FakeWire

NOW = Now(1_700_000_000_000, 1_000)
KEYS = room_keys(b"secret of a test")
OTHER_ROOM = room_keys(b"another secret !")
ME = SessionId(b"\x80" * 16)
LINK = LinkId(b"a link..")


def session(number: int) -> SessionId:
    """Below mine for numbers under 128: then the other side offers."""
    return SessionId(bytes([number]) * 16)


class Relay:
    """A relay that notes what it is given."""

    url = "ws://relay"
    traffic = Traffic()

    def __init__(self) -> None:
        self.sent: list[tuple[SessionId, bytes]] = []

    async def open(self) -> None: ...

    def send(self, to: SessionId, data: bytes) -> None:
        self.sent.append((to, data))

    def retry_now(self) -> None: ...

    async def events(self) -> AsyncIterator[SignalingEvent]:
        for each in ():
            yield each

    async def close(self) -> None: ...


class Place:
    """One session's introductions, two relays, and neighbours over wires that do nothing."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        self.linker = Linker(ME, entropy(1))
        self.neighbours = Neighbours()
        self.wire = FakeWire()
        self.intro = Introductions(
            identity(1),
            KEYS,
            ME,
            self.linker,
            self.neighbours,
            entropy=entropy(2),
            on_relay=lambda _: None,
            on_problem=lambda code, text: self.problems.append((code, text)),
        )
        self.outside = [Relay(), Relay()]
        self.intro.relays.use(self.outside)

    @property
    def relay(self) -> RelayState:
        return self.intro.relays.states[0]

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.problems]

    def link(self, number: int) -> Link:
        """Be linked with somebody."""
        link = Link(cast(Transport, self.wire), LinkId(bytes([number]) * 8), session(number), identity(number).peer)
        self.neighbours.put(identity(number).peer, link)
        return link

    def hear(self, number: int, *links: int, state: State = State.ONLINE) -> None:
        """Somebody's presence comes."""
        names = frozenset(short_peer(identity(each).peer) for each in links)
        peer = identity(number).peer
        seen = Seen(peer, session(number), 1, state, False, "", names, heard=NOW, read=Stamp(0))
        self.intro.around(seen, NOW)

    def carried(self) -> list[tuple[LinkId, Carried]]:
        """Signals that went over links."""
        frames = [(link, Decoder().decode(data)) for link, data in self.wire.sent]
        return [(link, frame) for link, frame in frames if isinstance(frame, Carried)]


def sealed(number: int, kind: SignalKind = SignalKind.OFFER, *, link: LinkId = LINK, to: SessionId = ME) -> bytes:
    """A signal of somebody to me."""
    signal = Signal(kind, link, identity(number).peer, "sdp")
    return seal(signal, identity(number), KEYS, session(number), to, entropy(number)(NONCE_BYTES))


def from_relay(place: Place, number: int, data: bytes) -> None:
    place.intro.handle(place.relay, SignalReceived(session(number), data), NOW)


# What comes in -------------------------------------------------------------------------------------------------------


def test_an_offer_by_relay_is_the_linkers() -> None:
    place = Place()
    place.intro.handle(place.relay, SessionSeen(session(2)), NOW)
    from_relay(place, 2, sealed(2))
    assert place.linker.take() == MakeAnswer(LINK, session(2), "sdp")
    assert place.intro.who(place.linker.remotes[session(2)]) == identity(2).peer
    assert place.problems == []


def test_a_signal_through_the_mesh_is_worth_the_same() -> None:
    place = Place()
    place.link(3)
    place.intro.carried(Carried(session(2), ME, HOPS, sealed(2)), identity(3).peer, NOW)
    assert place.linker.take() == MakeAnswer(LINK, session(2), "sdp")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"noise" * 50,
        sealed(2, to=session(9)),
        seal(
            Signal(SignalKind.OFFER, LINK, identity(2).peer, "sdp"), identity(2), OTHER_ROOM, session(2), ME, b"n" * 12
        ),
    ],
    ids=["empty", "noise", "for another", "of another room"],
)
def test_what_does_not_open_does_nothing_and_is_told_once(data: bytes) -> None:
    place = Place()
    for _ in range(3):
        from_relay(place, 2, data)
    assert place.codes == ["signals-unreadable"]
    assert place.linker.remotes == {}
    place.intro.handle(place.relay, SessionGone(session(2)), NOW)
    from_relay(place, 2, data)
    assert place.codes == ["signals-unreadable"] * 2, "whoever comes back is somebody to tell of"


def test_what_a_neighbour_carries_and_does_not_open_is_not_told() -> None:
    """A member may carry anything: it is the relay's strangers of whom people can do something."""
    place = Place()
    place.intro.carried(Carried(session(2), ME, HOPS, b"noise"), identity(3).peer, NOW)
    assert place.problems == []


def test_endless_strangers_at_a_relay_are_forgotten_or_never_remembered() -> None:
    place = Place()
    for number in range(2 * SENDERS_MAX):
        sender = SessionId(number.to_bytes(16, "big"))
        place.intro.handle(place.relay, SessionSeen(sender), NOW)
        place.intro.handle(place.relay, SignalReceived(sender, b"noise"), NOW)
    assert len(place.problems) == SENDERS_MAX
    assert len(place.linker.remotes) == REMOTES_MAX


def test_a_copy_of_this_identity_is_told_of_itself_and_not_linked_with() -> None:
    place = Place()
    place.intro.handle(place.relay, SessionSeen(session(2)), NOW)
    mine = seal(
        Signal(SignalKind.OFFER, LINK, identity(1).peer, "sdp"), identity(1), KEYS, session(2), ME, entropy(3)(12)
    )
    for _ in range(2):
        from_relay(place, 2, mine)
    assert place.codes == ["identity-copied"]
    assert place.linker.remotes == {}
    answers = [unseal(data, KEYS, ME, to) for to, data in place.outside[0].sent]
    assert [(each.kind, each.peer, each.description) for each in answers] == [
        (SignalKind.ANSWER, identity(1).peer, "")
    ] * 2


def test_an_answer_of_a_copy_is_not_answered() -> None:
    """Or two copies would answer each other for ever."""
    place = Place()
    place.intro.handle(place.relay, SessionSeen(session(2)), NOW)
    mine = seal(
        Signal(SignalKind.ANSWER, LINK, identity(1).peer, ""), identity(1), KEYS, session(2), ME, entropy(3)(12)
    )
    from_relay(place, 2, mine)
    assert place.codes == ["identity-copied"]
    assert place.outside[0].sent == []


# What is carried for others ------------------------------------------------------------------------------------------


def test_a_signal_for_a_neighbour_is_handed_over_as_it_is() -> None:
    place = Place()
    place.link(3)
    place.link(4)
    place.intro.carried(Carried(session(2), session(4), 2, b"sealed"), identity(3).peer, NOW)
    frames = place.carried()
    assert [(link, frame.data, frame.hops) for link, frame in frames] == [(LinkId(b"\x04" * 8), b"sealed", 1)]


def test_nothing_is_added_for_others_where_much_waits() -> None:
    place = Place()
    place.link(3)
    behind = place.link(4)
    place.wire.is_full = True
    for _ in range(BEHIND + 10):
        behind.outbox.send(behind.pings.ask(1))
    assert behind.outbox.is_behind
    before = len(behind.outbox._urgent)
    place.intro.carried(Carried(session(2), session(4), 2, b"sealed"), identity(3).peer, NOW)
    assert len(behind.outbox._urgent) == before


def test_made_up_presences_fill_no_more_than_a_share() -> None:
    place = Place()
    for number in range(4 * THERE_MAX):
        peer = PeerId(number.to_bytes(32, "big"))
        seen = Seen(peer, SessionId(number.to_bytes(16, "big")), 1, State.ONLINE, False, "", frozenset(), Stamp(0), NOW)
        place.intro.around(seen, Now(NOW.wall, NOW.mono + 1_000 * number))
    assert len(place.linker.remotes) == THERE_MAX


def test_who_leaves_the_mesh_and_every_relay_is_forgotten() -> None:
    place = Place()
    place.hear(2)
    place.intro.handle(place.relay, SessionSeen(session(2)), NOW)
    assert place.intro.who(Remote(session(2))) == identity(2).peer
    place.hear(2, state=State.OFFLINE)
    assert session(2) in place.linker.remotes, "a relay still sees it"
    place.intro.handle(place.relay, SessionGone(session(2)), NOW)
    assert place.linker.remotes == {}


def test_whoever_was_taken_for_a_ghost_is_tried_when_the_link_that_stood_is_gone() -> None:
    place = Place()
    place.intro.handle(place.relay, SessionSeen(session(2)), NOW)
    place.linker.retire(session(2))
    assert place.linker.remotes == {}
    place.intro.unlinked(identity(2).peer, NOW)
    assert set(place.linker.remotes) == {session(2)}


# What goes out -------------------------------------------------------------------------------------------------------


def test_a_signal_goes_by_every_relay_that_sees_the_other_and_by_two_neighbours() -> None:
    place = Place()
    for number in (3, 4, 5):
        place.link(number)
        place.hear(number, 2)
    place.hear(2, 3, 4, 5)
    for relay in place.intro.relays.states:
        place.intro.handle(relay, SessionSeen(session(2)), NOW)
    place.intro.send(SendSignal(session(2), SignalKind.OFFER, LINK, "my sdp"))
    by_relay = [data for relay in place.outside for to, data in relay.sent if to == session(2)]
    by_mesh = [frame.data for _, frame in place.carried()]
    assert len(by_relay) == 2 and len(by_mesh) == 2
    assert len({*by_relay, *by_mesh}) == 1, "one seal: with another nonce each would be one more to keep apart"
    assert unseal(by_mesh[0], KEYS, ME, session(2)) == Signal(SignalKind.OFFER, LINK, identity(1).peer, "my sdp")


def test_a_signal_to_nobody_in_reach_goes_nowhere() -> None:
    place = Place()
    place.link(3)
    place.intro.send(SendSignal(session(2), SignalKind.OFFER, LINK, "my sdp"))
    assert place.carried() == []
    assert all(relay.sent == [] for relay in place.outside)


# What a person is told -----------------------------------------------------------------------------------------------


def test_why_somebody_is_not_reached_is_said_once_for_each_network() -> None:
    place = Place()
    place.hear(2)
    for _ in range(2):
        place.intro.explain(session(2), "both sides\x1b[31m are behind walls")
    assert place.codes == ["no-path"]
    assert "\x1b" not in place.problems[0][1] and "both sides" in place.problems[0][1]
    place.intro.explain_anew()
    place.intro.explain(session(2), "x" * 10_000)
    assert place.codes == ["no-path"] * 2
    assert len(place.problems[1][1]) < REASON_MAX + 200


def test_nothing_is_explained_of_those_who_are_linked_or_unknown() -> None:
    place = Place()
    place.link(2)
    place.hear(2)
    from_relay(place, 2, sealed(2))
    place.intro.explain(session(2), "slow")
    place.intro.explain(session(9), "who is that")
    assert place.problems == []


def test_explanations_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SENDERS_MAX", 3)
    place = Place()
    for number in range(2, 12):
        place.hear(number)
        place.intro.explain(session(number), "far away")
    assert len(place.problems) == 3
