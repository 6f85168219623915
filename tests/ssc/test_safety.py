"""The same words on both sides, other words for other keys."""

from __future__ import annotations

from hashlib import pbkdf2_hmac

import pytest

from p2pchat_tui.ssc.safety import SAFETY_WORDS, safety_words
from p2pchat_tui.ssc.words import WORDS
from tests.helpers import identity

ANA, BO, EVE = (identity(number).peer for number in (1, 2, 3))


def test_both_see_the_same_words_and_a_third_one_others() -> None:
    words = safety_words(ANA, BO)
    assert words == safety_words(BO, ANA) and len(words) == SAFETY_WORDS and set(words) <= set(WORDS)
    assert len({words, safety_words(ANA, EVE), safety_words(BO, EVE)}) == 3


def test_the_words_are_as_the_protocol_says() -> None:
    low, high = sorted([ANA, BO])
    digest = pbkdf2_hmac("sha256", low + high, b"p2pchat safety words 1", 65_536, 15)
    assert safety_words(ANA, BO) == tuple(WORDS[byte] for byte in digest)


def test_nobody_compares_with_himself() -> None:
    with pytest.raises(ValueError, match="different"):
        safety_words(ANA, ANA)
