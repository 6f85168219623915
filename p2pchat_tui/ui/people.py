"""How people are shown: names with what must be known beside them, and who is meant by a typed name. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from ..session.api import PeerId, PeerView, RoomView
from .nicks import nick_style
from .text import cut, names_text, shown_line

VERIFIED = "✓"
"""Behind a name: its safety words were compared here."""
MUTED = "⊖"
"""Behind a name: nothing of theirs is announced here."""
DOUBTED = "≠"
"""Before a name, where no lack of room takes it away: another key had it first, and nobody has looked yet."""
TAG = "·"
"""Between a name and its key's tag; no nickname holds one."""
NAME_MAX = 40


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a room as the timeline shows them."""

    names: Mapping[PeerId, str] = field(default_factory=dict)
    hidden: frozenset[PeerId] = frozenset()
    """Whose messages are folded away."""
    colours: Mapping[PeerId, str] = field(default_factory=dict)
    """`#rrggbb`, of those who chose one."""

    def called(self, author: PeerId, otherwise: str) -> str:
        """The name that is shown; `otherwise` for somebody unknown."""
        return self.names.get(author) or shown_line(otherwise, NAME_MAX) or "?"

    def style(self, author: PeerId) -> str:
        """The style of the name."""
        return nick_style(author, self.colours.get(author, ""))


def cast_of(view: RoomView) -> Cast:
    """Everybody in the room as they are called now: also over what they wrote when they were called otherwise."""
    colours = {peer.peer: peer.colour for peer in view.peers if peer.colour}
    if view.my_colour:
        colours[view.me] = view.my_colour
    return Cast({peer.peer: doubted_name(peer) for peer in view.peers}, view.ignored, colours)


def plain_name(peer: PeerView) -> str:
    """The name alone."""
    return shown_line(peer.name, NAME_MAX) or "?"


def tagged_name(peer: PeerView) -> str:
    """The nickname with its key's tag, by which nobody else can be meant: `ana·wxyz`."""
    return f"{shown_line(peer.nick, NAME_MAX) or '?'}{TAG}{peer.peer.tag}"


def doubted_name(peer: PeerView) -> str:
    """The name, marked when it may be somebody else's."""
    return DOUBTED + plain_name(peer) if peer.doubt else plain_name(peer)


def marked_name(peer: PeerView) -> str:
    """The name with all that is to be known of it: `ana ✓`, `≠ana·wxyz`."""
    return f"{doubted_name(peer)} {VERIFIED}" if peer.verified_ms else doubted_name(peer)


def fit_name(name: str, width: int) -> str:
    """`name` in at most `width` cells; its tag stays whole where there is any room, since it tells two apart."""
    bare, tag, key = name.rpartition(TAG)
    ending = tag + key
    if not tag or cell_len(name) <= width or cell_len(ending) + 2 > width:
        return cut(name, width)
    return cut(bare, width - cell_len(ending)) + ending


def people_called(view: RoomView, typed: str) -> list[PeerView]:
    """Everybody whom `typed` may mean: by name, by nickname, by tag or by whole key; an exact name before the rest."""
    wanted = typed.strip().removeprefix("@").removeprefix(DOUBTED).casefold()
    exact = [peer for peer in view.peers if peer.name.casefold() == wanted]
    return exact or [peer for peer in view.peers if wanted and wanted in _names(peer)]


def split_name(view: RoomView, argument: str) -> tuple[list[PeerView], str]:
    """Who is meant by the longest beginning of `argument` that means anybody, and what follows it."""
    words = argument.split(" ")
    for count in range(len(words), 0, -1):
        if found := people_called(view, " ".join(words[:count])):
            return found, " ".join(words[count:]).strip()
    return [], ""


def which_one(found: Sequence[PeerView], typed: str) -> PeerView | str:
    """The one who is meant, or why nobody or more than one is."""
    if len(found) == 1:
        return found[0]
    if not found:
        return f"Nobody called {shown_line(typed, NAME_MAX)} is known here; /names says who is."
    names = [peer.name if TAG in peer.name else f"{peer.name} ({peer.peer.tag})" for peer in found]
    return f"That may be {names_text(names, 6)}: name one of them as it stands here, or by the four letters."


def _names(peer: PeerView) -> set[str]:
    return {each.casefold() for each in (peer.nick, tagged_name(peer), peer.peer.tag, peer.peer.text) if each}
