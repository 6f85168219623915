"""Safety words: what two people compare, over another way, to know that no third one sits between their keys.

Both see the same words, whoever computes them. Fifteen words are 120 bits, of a hash that is made slow on purpose. Who
wants to stand between two people who never met needs two keys of his own whose words with one and with the other agree:
a search for a collision, 2^60 keys on each side with 2^16 rounds of hashing for each, or five centuries for a thousand
graphics cards of today. To have given words, against two keys that stand already, takes 2^120 keys.
"""

from __future__ import annotations

from hashlib import pbkdf2_hmac

from .ids import PeerId
from .words import WORDS

SAFETY_WORDS = 15
"""Eight bits each; few enough to be read aloud."""
ROUNDS = 1 << 16
"""Of PBKDF2-HMAC-SHA256, which a browser's WebCrypto has: some 20 ms, once for each look."""
_DOMAIN = b"p2pchat safety words 1"


def safety_words(one: PeerId, other: PeerId) -> tuple[str, ...]:
    """The words of two keys, in whichever order they are named. Raises ValueError for one key with itself."""
    if one == other:
        raise ValueError("safety words are those of two different keys")
    digest = pbkdf2_hmac("sha256", min(one, other) + max(one, other), _DOMAIN, ROUNDS, SAFETY_WORDS)
    return tuple(WORDS[byte] for byte in digest)
