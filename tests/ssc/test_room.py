"""Invites, secrets, passphrases and keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.ssc.ids import CROCKFORD, RELAYS_MAX, RoomId
from p2pchat_tui.ssc.room import (
    Invite,
    InviteError,
    is_invite,
    normal_room_name,
    passphrase_strength,
    read_invite,
    read_secret,
    room_keys,
    secret_of_passphrase,
    secret_text,
    write_invite,
)
from p2pchat_tui.ssc.words import WORDS, room_words

SECRET = bytes(range(16))
RELAYS = ["", "wss://relay.example/ws", "ws://127.0.0.1:7345/ws", "wss://[::1]:99/ws", "wss://example.org/chat/ws"]


@pytest.mark.parametrize("relay", RELAYS)
def test_an_invite_comes_back(relay: str) -> None:
    invite = Invite("or chärd #1", SECRET, relay)
    assert read_invite(write_invite(invite)) == Invite("or chärd #1", SECRET, relay)


def test_an_invite_may_be_wrapped_and_indented() -> None:
    text = write_invite(Invite("orchard", SECRET, RELAYS[1]))
    assert read_invite(f"  {text[:30]}\n   {text[30:]}\r\n").secret == SECRET


@given(st.binary(min_size=16, max_size=16))
def test_a_secret_comes_back_however_it_is_typed(secret: bytes) -> None:
    text = secret_text(secret)
    assert read_secret(text) == secret
    assert read_secret(text.lower().replace("-", " ")) == secret
    assert read_secret(text.replace("0", "o").replace("1", "l")) == secret


def test_every_single_mistake_is_noticed() -> None:
    text = secret_text(SECRET).replace("-", "")
    for place, right in enumerate(text):
        for wrong in CROCKFORD:
            if wrong != right:
                with pytest.raises(InviteError):
                    read_secret(text[:place] + wrong + text[place + 1 :])
    for place in range(len(text) - 1):
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if swapped != text:
            with pytest.raises(InviteError):
                read_secret(swapped)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "begins with p2pchat"),
        ("p2pchat:///room", "part after #"),
        ("p2pchat:///room#ABC", "not complete"),
        ("p2pchat:///room#" + "U" * 32, "character that no invite has"),
        ("p2pchat://a@b/room#" + "0" * 32, "relay"),
        ("p2pchat://[x/room#" + "0" * 32, "address"),
        ("p2pchat:///" + "x" * 2000, "too long"),
        ("", "begins with p2pchat"),
    ],
)
def test_a_damaged_invite_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InviteError, match=reason):
        read_invite(text)


@given(st.text(max_size=80))
def test_any_text_is_an_invite_or_an_error(text: str) -> None:
    for candidate in (text, "p2pchat://" + text):
        try:
            read_invite(candidate)
        except InviteError as error:
            assert str(error).endswith(".")


def test_a_secret_is_shown_by_nothing_but_the_invite() -> None:
    invite = Invite("orchard", SECRET)
    assert "secret" not in repr(invite)
    assert "signal" not in repr(room_keys(SECRET))
    with pytest.raises(InviteError) as caught:
        read_invite(write_invite(invite)[:-1])
    assert secret_text(SECRET)[:9] not in str(caught.value)


def test_an_invite_may_name_several_relays() -> None:
    several = "wss://one.example/ws ws://127.0.0.1:7345/ws wss://[::1]:443/ws wss://host/p,2p/ws"
    text = write_invite(Invite("orchard", SECRET, several))
    assert text.startswith("p2pchat://one.example,ws+127.0.0.1:7345,[::1]:443,host%2Fp%2C2p/orchard#")
    assert read_invite(text) == Invite("orchard", SECRET, several)
    assert read_invite(text.replace("://", "://a,,a,b,c,d,e,", 1)).relay.count("wss://") == RELAYS_MAX
    with pytest.raises(InviteError, match="relay"):
        read_invite(text.replace("://", "://a@b,", 1))


def test_what_means_to_be_an_invite() -> None:
    assert is_invite(" P2PCHAT://x")
    assert not is_invite("orchard")


def test_keys_are_the_same_for_all_and_differ_by_label() -> None:
    keys = room_keys(SECRET)
    assert keys == room_keys(SECRET)
    assert len({bytes(keys.room), keys.signal[:16], keys.beacon[:16]}) == 3
    with pytest.raises(ValueError, match="16 bytes"):
        room_keys(b"short")


def test_two_people_who_type_the_same_meet() -> None:
    one = secret_of_passphrase("#Orchard ", "five  random words")
    assert one == secret_of_passphrase("orchard", " five random words ")
    assert one != secret_of_passphrase("orchard", "five random word")
    assert one != secret_of_passphrase("orchard2", "five random words")
    with pytest.raises(ValueError, match="needed"):
        secret_of_passphrase("orchard", "  ")


def test_names_are_compared_kindly() -> None:
    assert normal_room_name(" #Ｏrchard") == normal_room_name("orchard")


@pytest.mark.parametrize(
    ("phrase", "word"),
    [("hunter2", "weak"), ("aaaaaaaaaaaaaaaaaaaa", "weak"), ("correct horse battery staple river", "strong")],
)
def test_strength(phrase: str, word: str) -> None:
    assert passphrase_strength(phrase).startswith(word)


def test_room_words() -> None:
    assert len(set(WORDS)) == 256
    words = room_words(RoomId(bytes(16)))
    assert len(words.split()) == 3
    assert words == room_words(RoomId(bytes(16)))
    assert words != room_words(RoomId(bytes(15) + b"\x01"))
