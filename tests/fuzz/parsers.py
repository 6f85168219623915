"""Targets without a state: whatever goes in, each parser gives a value or raises its one error."""

from __future__ import annotations

import zlib
from random import Random

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from p2pchat_tui.session.hello import HelloRefused, check_hello
from p2pchat_tui.signaling import protocol
from p2pchat_tui.ssc import seal
from p2pchat_tui.ssc.body import AnyBody, Unknown, decode_body, index_of
from p2pchat_tui.ssc.forks import is_proof
from p2pchat_tui.ssc.frames import Hello, Later
from p2pchat_tui.ssc.room import InviteError, read_invite
from p2pchat_tui.ssc.text import clean
from p2pchat_tui.ssc.wire import (
    JOINED_MAX,
    MESSAGE_MAX,
    Decoder,
    WireError,
    decode_proof,
    encode,
    encode_proof,
)
from tests.helpers import ROOM

from . import corpus
from .meter import Meter
from .mutate import TEXTS, Mutator, as_text

EPISODE = 100
"""Inputs that one seed and number stand for."""


def wire_decoder(random: Random, meter: Meter) -> None:
    """Messages of a channel: a frame, nothing yet, or WireError; what is a frame comes back from its own bytes."""
    mutator = Mutator(random)
    decoder = Decoder()
    for _ in range(EPISODE):
        for message in mutator.messages(random.choice(corpus.messages()), random.choice(corpus.messages())):
            meter.begin()
            try:
                frame = decoder.decode(message)
            except WireError:
                meter.did("refused")
                decoder = Decoder()  # its link would be closed
                continue
            meter.did("fragment" if frame is None else type(frame).__name__)
            held = sum(len(piece) for parts in decoder._parts for piece in parts)
            assert held <= 2 * (JOINED_MAX + MESSAGE_MAX), "fragments pile up"
            if frame is not None and not isinstance(frame, Later) and random.random() < 0.2:
                second = Decoder()
                again = [second.decode(each) for each in encode(frame)]
                assert again[-1] == frame, "a frame does not come back from its own bytes"


def proofs(random: Random, meter: Meter) -> None:
    """Proofs of forks, from a peer or a damaged disk."""
    mutator = Mutator(random)
    good = encode_proof(corpus.proof())
    for _ in range(EPISODE):
        data = mutator.deflated(good) if random.random() < 0.9 else mutator.bytes(good)
        meter.begin()
        try:
            proof = decode_proof(data)
        except WireError:
            meter.did("refused")
            continue
        proven = is_proof(proof, ROOM)
        meter.did("proves" if proven else "proves nothing")
        if proven:
            assert (proof.author, proof.seq) == (corpus.BO.peer, 3), "a proof that nobody could make"


def bodies(random: Random, meter: Meter) -> None:
    """What an entry says: never an error, and text that a terminal can only show."""
    mutator = Mutator(random)
    for _ in range(EPISODE):
        good = random.choice(corpus.bodies())
        data = mutator.json(good) if random.random() < 0.8 else mutator.bytes(good)
        meter.begin()
        body = decode_body(data)
        index_of(data)
        meter.did("unknown" if isinstance(body, Unknown) else type(body).__name__)
        _check_clean(body)


def _check_clean(body: AnyBody) -> None:
    for field in ("text", "emoji", "name", "status", "kind"):
        text = getattr(body, field, "")
        assert text == clean(text), f"{field} was not cleaned"


def signals(random: Random, meter: Meter) -> None:
    """Sealed signals, spoilt outside the seal (by a relay) or within it (by a member)."""
    mutator = Mutator(random)
    identity, keys, here, there = corpus.ANA, corpus.KEYS, corpus.HERE, corpus.THERE
    for _ in range(EPISODE):
        signal = random.choice(corpus.SIGNALS)
        sealed = seal.seal(signal, identity, keys, here, there, random.randbytes(seal.NONCE_BYTES))
        cipher, context = AESGCM(keys.signal), seal.DOMAIN + keys.room + here + there
        nonce = sealed[: seal.NONCE_BYTES]
        if random.random() < 0.25:
            sealed = mutator.bytes(sealed)
        else:
            packed = cipher.decrypt(nonce, sealed[seal.NONCE_BYTES :], context)
            if random.random() < 0.8:
                packed = zlib.compress(mutator.json(zlib.decompress(packed)), 1)
            else:
                packed = mutator.deflated(packed, b"")
            sealed = nonce + cipher.encrypt(nonce, packed, context)
        meter.begin()
        try:
            opened = seal.unseal(sealed, keys, here, there)
        except seal.SignalError:
            meter.did("refused")
            continue
        meter.did("opened")
        assert opened == signal, "a signal that its sender did not sign"


def hellos(random: Random, meter: Meter) -> None:
    """The first frame of a link: the right one, or HelloRefused."""
    mutator = Mutator(random)
    [good] = encode(corpus.hello())
    for _ in range(EPISODE):
        try:
            frame = Decoder().decode(mutator.message(good))
        except WireError:
            frame = random.choice([*corpus.frames(), Later("x"), corpus.hello()])  # type: ignore[list-item]
        meter.begin()
        assert frame is not None
        try:
            hello = check_hello(
                frame, corpus.ANA.peer, ROOM, corpus.THERE, corpus.HERE, (corpus.PRINTS[1], corpus.PRINTS[0])
            )
        except HelloRefused:
            meter.did("refused")
            continue
        meter.did("believed")
        right = corpus.hello()
        assert isinstance(hello, Hello)
        assert hello.signature == right.signature, "somebody else's hello"


def invites(random: Random, meter: Meter) -> None:
    """What somebody pastes: an invite with the right secret, or a sentence that does not hold it."""
    mutator = Mutator(random)
    secret = b"secret of a fuzz"
    for _ in range(EPISODE):
        good = random.choice(corpus.invites())
        place = random.randrange(len(good))
        if random.random() < 0.3:
            text = good[:place] + random.choice((*TEXTS, "%00", "%FF", "[", "]", "//", "#", "@", " ")) + good[place:]
        else:
            text = mutator.bytes(good.encode()).decode("utf-8", random.choice(("surrogateescape", "replace")))
        meter.begin()
        try:
            invite = read_invite(text)
        except InviteError as error:
            meter.did("refused")
            assert good.rpartition("#")[2][:9] not in str(error), "the sentence tells the secret"
            continue
        meter.did("read")
        # 4 check bytes: one wrong invite in 4 000 million may pass.
        assert invite.secret == secret, "another secret"
        assert invite.relay.isprintable(), "a relay that cannot be shown"
        assert invite.name == clean(invite.name), "a name that was not cleaned"


def from_clients(random: Random, meter: Meter) -> None:
    """What a relay receives: a frame, or ProtocolError."""
    _protocol(random, meter, corpus.from_clients(), is_relay=True)


def from_relays(random: Random, meter: Meter) -> None:
    """What a client receives: a frame, or ProtocolError."""
    _protocol(random, meter, corpus.from_relays(), is_relay=False)


def _protocol(random: Random, meter: Meter, examples: tuple[bytes, ...], is_relay: bool) -> None:
    mutator = Mutator(random)
    decode = protocol.decode_from_client if is_relay else protocol.decode_from_relay
    for _ in range(EPISODE):
        good = random.choice(examples)
        spoilt = mutator.json(good) if random.random() < 0.8 else mutator.bytes(good)
        data = as_text(spoilt) if random.random() < 0.5 else spoilt
        meter.begin()
        try:
            frame = decode(data)
        except protocol.ProtocolError:
            meter.did("refused")
            continue
        meter.did(type(frame).__name__)
        again = decode(protocol.encode(frame))
        assert again == frame, "a frame does not come back from its own bytes"
