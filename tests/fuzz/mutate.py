"""A seeded mutator that knows what it breaks: raw bytes, JSON and MessagePack as trees, deflated data, fragments."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import msgspec

from p2pchat_tui.ssc import wire
from p2pchat_tui.ssc.wire import JOINED_MAX, MESSAGE_MAX, Message

NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 511, 512, 2**31, 2**32, 2**48, 2**53 - 1, 2**53, 2**63, 2**64, 10**400)
TEXTS = ("", "\n", "\0", "\ud800", "\udfff\ud800", "\u202e", "é" * 300, "a" * 5000, "00", "__proto__", "t")
RAW = ("[" * 5000, "[" * 900 + "]" * 900, '{"a":' * 3000, "1e999", "-0", "NaN", "01", "[1,]", '"\\ud800"', '"\\u0000"')
"""Pieces of JSON text that no encoder writes; the nested ones are for parsers that call themselves."""
BOMB_BYTES = 4_000_000
LIST_MAX = 3_000
"""Characters and elements in a list that is not repeated any more: three times over it would fill the memory of the
fuzzer itself."""


class Mutator:
    """Breaks valid things at random, the same way for the same `random`."""

    def __init__(self, random: Random) -> None:
        self.random = random

    # Bytes ---------------------------------------------------------------------------------------------------------

    def bytes(self, data: bytes) -> bytes:
        """`data` with one to four small accidents."""
        out = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            self.random.choice(_ACCIDENTS)(out, self.random)
        return bytes(out)

    def deflated(self, data: bytes, dictionary: bytes = wire._DICTIONARY) -> bytes:
        """`data` inflated, mutated, and deflated again; a bomb now and then."""
        if self.random.random() < 0.002:
            return _deflate(bytes(BOMB_BYTES), dictionary)
        inflate = zlib.decompressobj(zdict=dictionary) if dictionary else zlib.decompressobj()
        plain = inflate.decompress(data)
        out = _deflate(self.bytes(plain), dictionary)
        return self.bytes(out) if self.random.random() < 0.1 else out

    # JSON ----------------------------------------------------------------------------------------------------------

    def json(self, text: str | bytes) -> bytes:
        """JSON text with its tree changed, and then perhaps its bytes."""
        try:
            tree = json.loads(text)
        except ValueError:  # spoilt already
            return self.bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        raws: list[str] = []
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            tree = self._tree(tree, raws)
        try:
            out = json.dumps(tree, ensure_ascii=self.random.random() < 0.5)
        except ValueError:
            out = "1" + "0" * 400  # Python itself refuses to write numbers that long when they are longer still
        for number, raw in enumerate(raws):
            out = out.replace(f'"@{number}@"', raw)
        if self.random.random() < 0.05:
            out = out.replace(",", ",,", 1)
        data = out.encode("utf-8", "surrogatepass")
        return self.bytes(data) if self.random.random() < 0.1 else data

    def packed(self, data: bytes) -> bytes:
        """MessagePack with its tree changed, and then perhaps its bytes."""
        try:
            tree = msgspec.msgpack.decode(data)
        except (msgspec.MsgspecError, ValueError):  # spoilt already
            return self.bytes(data)
        raws: list[str] = []
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            tree = self._tree(tree, raws)
        try:
            out = msgspec.msgpack.encode(tree)
        except (ValueError, TypeError, OverflowError):  # a number or a text that MessagePack does not have
            return self.bytes(data)
        return self.bytes(out) if self.random.random() < 0.1 else out

    def _tree(self, tree: Any, raws: list[str]) -> Any:
        """`tree` with one value somewhere within replaced, removed, repeated or added."""
        if isinstance(tree, dict) and tree and self.random.random() < 0.9:
            key = self.random.choice(list(tree))
            pick = self.random.random()
            if pick < 0.7:
                return {**tree, key: self._tree(tree[key], raws)}
            if pick < 0.8:
                return {each: value for each, value in tree.items() if each != key}
            if pick < 0.9:
                return {**tree, self.random.choice(TEXTS): self._value(raws)}
            return {(self._key(each) if each == key else each): value for each, value in tree.items()}
        if isinstance(tree, list) and tree and self.random.random() < 0.9:
            place = self.random.randrange(len(tree))
            pick = self.random.random()
            if pick < 0.6:
                return [*tree[:place], self._tree(tree[place], raws), *tree[place + 1 :]]
            if pick < 0.8:
                return [*tree[:place], *tree[place + 1 :]]
            return tree * (self.random.choice((2, 3, 70, 300)) if not is_long(tree) else 1)
        if isinstance(tree, str) and self.random.random() < 0.6:
            return self._text(tree)
        if isinstance(tree, bytes) and self.random.random() < 0.6:
            return self.bytes(tree)
        if isinstance(tree, int) and not isinstance(tree, bool) and self.random.random() < 0.6:
            return tree + self.random.choice((-2, -1, 1, 2, 511, 512, 10**6))
        return self._value(raws)

    def _key(self, key: str | bytes) -> str | bytes:
        return self._text(key) if isinstance(key, str) else self.bytes(key)

    def _text(self, text: str) -> str:
        """A text that is nearly `text`."""
        place = self.random.randrange(len(text) + 1)
        return self.random.choice(
            (
                text + "\n",
                "\n" + text,
                text.upper(),
                text[:place],
                text[:place] + self.random.choice(TEXTS) + text[place:],
                text[:place] + self.random.choice("0f g\x00\u0661") + text[place + 1 :],
                text + text,
            )
        )

    def _value(self, raws: list[str]) -> Any:
        """Something else altogether."""
        pick = self.random.randrange(6)
        if pick == 0:
            return self.random.choice(NUMBERS)
        if pick == 1:
            return self.random.choice(TEXTS)
        if pick == 2:
            return self.random.choice((None, True, False, 1.5, -0.0, 1e308))
        if pick == 3:
            return self.random.choice(([], {}, [[]], {"": {}}, [None] * 400))
        if pick == 4:
            return self.random.randbytes(self.random.choice((4, 8, 16, 32, 64))).hex()
        raws.append(self.random.choice(RAW))
        return f"@{len(raws) - 1}@"

    # Messages of a channel -----------------------------------------------------------------------------------------

    def messages(self, messages: Sequence[Message], other: Sequence[Message]) -> list[Message]:
        """The messages of one frame, spoilt; `other` are those of another one, to be mixed in."""
        pick = self.random.random()
        if pick < 0.08:
            return self._disorder(messages, other)
        if pick < 0.15:
            return self._fragments(self.random.choice(messages))
        out = list(messages)
        place = self.random.randrange(len(out))
        out[place] = self.message(out[place])
        return out

    def message(self, message: Message) -> Message:
        """One message, spoilt."""
        if self.random.random() < 0.02:
            return self.random.randbytes(self.random.choice((0, 1, 2, 40, MESSAGE_MAX, MESSAGE_MAX + 1)))
        if message[0] == 2 and self.random.random() < 0.75:
            return b"\x02" + self.packed(message[1:])
        if message[0] == 7 and self.random.random() < 0.8:
            plain = zlib.decompressobj(zdict=wire._DICTIONARY).decompress(message[1:])
            return b"\x07" + wire._deflate(self.packed(plain))
        if message[0] in (1, 5) and self.random.random() < 0.8:
            return message[:1] + self.deflated(message[1:])
        return self.bytes(message)

    def _disorder(self, messages: Sequence[Message], other: Sequence[Message]) -> list[Message]:
        out = [*messages, *other]
        pick = self.random.randrange(4)
        if pick == 0:
            self.random.shuffle(out)
        elif pick == 1:
            out.pop(self.random.randrange(len(out)))
        elif pick == 2:
            out += self.random.choices(out, k=len(out))
        else:
            out = [each for pair in zip(messages, reversed(other), strict=False) for each in pair]
        return out

    def _fragments(self, message: bytes) -> list[Message]:
        """`message` in pieces that may be too many, too few, of the wrong stream, or without end."""
        if self.random.random() < 0.02:
            return [b"\x03\x00" + bytes(MESSAGE_MAX - 2)] * (JOINED_MAX // MESSAGE_MAX + 3)
        count = self.random.choice((1, 2, 3, 3, 20))
        step = max(1, len(message) // count)
        pieces = [message[start : start + step] for start in range(0, len(message), step)]
        out: list[Message] = [b"\x03" + bytes([self._stream()]) + piece for piece in pieces[:-1]]
        if self.random.random() < 0.8:
            out.append(b"\x04" + bytes([self._stream()]) + pieces[-1])
        return out

    def _stream(self) -> int:
        return 0 if self.random.random() < 0.95 else self.random.choice((1, 2, 255))


def is_long(tree: list[Any]) -> bool:
    """Whether there is much in a list, however deep within."""
    return _weight(tree) >= LIST_MAX


def _weight(tree: Any) -> int:
    if isinstance(tree, str | bytes):
        return len(tree)
    if isinstance(tree, dict):
        return sum(1 + _weight(key) + _weight(value) for key, value in tree.items())
    return sum(1 + _weight(each) for each in tree) if isinstance(tree, list) else 1


def as_text(data: bytes) -> str:
    """`data` as a string that may hold anything a string can, lone surrogates too."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def _deflate(data: bytes, dictionary: bytes) -> bytes:
    squeeze = zlib.compressobj(1, zdict=dictionary) if dictionary else zlib.compressobj(1)
    return squeeze.compress(data) + squeeze.flush()


def _flip(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))


def _insert(data: bytearray, random: Random) -> None:
    place = random.randrange(len(data) + 1)
    data[place:place] = random.randbytes(random.choice((1, 2, 8, 300)))


def _remove(data: bytearray, random: Random) -> None:
    place = random.randrange(len(data) + 1)
    del data[place : place + random.choice((1, 2, 8, 300))]


def _repeat(data: bytearray, random: Random) -> None:
    place = random.randrange(len(data) + 1)
    data[place:place] = data[place : place + 64] * random.choice((1, 3, 100))


def _truncate(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data) + 1) :]


def _endless_number(data: bytearray, random: Random) -> None:
    place = random.randrange(len(data) + 1)
    data[place:place] = b"\xff" * random.choice((7, 9, 10, 40))


_ACCIDENTS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip,
    _flip,
    _set,
    _set,
    _insert,
    _remove,
    _repeat,
    _truncate,
    _endless_number,
)
