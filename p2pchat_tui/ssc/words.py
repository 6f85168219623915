"""Room words: three words that say whether two people are in the same room.

They are made from the room id, which a relay knows too: they prove nothing to an attacker and help nobody to guess a
passphrase faster than joining would. They are for two honest people on the phone, one of whom has mistyped.
"""

from __future__ import annotations

from hashlib import sha256

from .ids import RoomId

WORDS = tuple(
    """
    acorn amber anchor apple apron arrow aspen atlas attic autumn badge bagel bakery balloon bamboo banjo
    barley basil basket beacon beaver berry birch biscuit blanket bonfire bottle bracket branch bread bridge
    bronze bucket butter cabin cactus camel camera canal candle canoe canyon carrot castle cedar cello chalk
    cherry chess chimney cinema citrus clover cobalt coconut coffee comet compass copper coral cotton cousin
    crane crayon cricket crystal curtain cypress daisy dancer delta desert diamond dolphin domino donkey
    dragon eagle echo elbow ember engine falcon feather ferry fiddle flute forest fossil fountain fox galaxy
    garden garlic gecko ginger giraffe glacier globe goblet granite grape guitar hammer harbor harvest hazel
    hedge helmet heron honey horizon hotel igloo indigo island ivory jacket jaguar jasmine jelly jersey
    jungle kayak kettle kitchen kiwi ladder lagoon lantern lavender lemon lentil lily linen lizard lobster
    locket lotus magnet mango maple marble market meadow melon mirror mitten monkey muffin museum mustard
    napkin nectar needle nickel noodle nutmeg oasis ocean olive onion opera orbit orchid otter oyster paddle
    palace panda paper parcel parrot pastry peach pebble pelican pencil pepper piano pickle pigeon pillow
    pilot pine planet plaza pocket pollen pony poplar potato prairie pretzel puzzle quartz quilt rabbit
    radio raven ribbon river robin rocket saddle saffron salmon sandal satin saturn scarf shadow shell
    shovel silver sketch sparrow spider spoon statue sugar summit sunset tango temple thistle ticket tiger
    timber tomato torch tractor trumpet tulip tunnel turtle umbrella valley vanilla velvet village violin
    volcano waffle walnut walrus whale willow window winter wolf yacht yellow zebra zeppelin zigzag
    """.split()  # noqa: SIM905 - a list of 256 quoted words reads worse
)
"""256 short words, none of which sounds or looks much like another."""


def room_words(room: RoomId) -> str:
    """Three words, 24 bits: two different rooms share them once in 16 million."""
    digest = sha256(b"p2pchat room words 1" + room).digest()
    return " ".join(WORDS[byte] for byte in digest[:3])
