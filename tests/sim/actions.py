"""What simulated people do: each action is one command, chosen by chance from what they see."""

from __future__ import annotations

from p2pchat_tui.session import api

from .peer import Peer

EMOJI = ("👍", "🎉", "👀")
SEEN = 20
"""Messages on a person's screen, to choose from."""
LONG = 7_000
"""Characters of a long message: it travels in fragments."""


async def act(peer: Peer, text: str) -> None:
    """Do one thing; `text` is unique in the run."""
    session = peer.live
    if session is None:
        return
    kind = peer.random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    seen = (await session.history(SEEN)).messages
    command = _command(peer, kind, text, seen)
    await peer.perform(command)


_WEIGHTS = {
    "say": 10,
    "long": 1,
    "reply": 3,
    "edit": 4,
    "retract": 1,
    "react": 4,
    "name": 1,
    "topic": 1,
    "typing": 4,
    "away": 2,
    "retry": 1,
}


def _command(peer: Peer, kind: str, text: str, seen: tuple[api.MessageView, ...]) -> api.Command:
    chance = peer.random
    mine = [message for message in seen if message.mine]
    if kind == "long":
        return api.Say(text + " " + "".join(chance.choices("abcdefghijkl mnop", k=LONG)))
    if kind == "reply" and seen:
        return api.Say(text, chance.choice(seen).id)
    if kind == "edit" and mine:
        return api.Edit(chance.choice(mine).id, f"edited {text}")
    if kind == "retract" and mine:
        return api.Retract(chance.choice(mine).id)
    if kind == "react" and seen:
        return api.React(chance.choice(seen).id, chance.choice(EMOJI), chance.random() < 0.7)
    if kind == "name":
        return api.SetName(f"{peer.nick}-{chance.randrange(9)}")
    if kind == "topic":
        return api.SetTopic(f"about {text}")
    if kind == "typing":
        return api.SetTyping(chance.random() < 0.7)
    if kind == "away":
        return api.SetAway(chance.random() < 0.5)
    if kind == "retry":
        return api.RetryNow()
    return api.Say(text)
