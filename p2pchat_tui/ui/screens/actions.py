"""What the slash commands and the keys in the timeline do. Each command of the table has a method here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...session import api
from .. import commands
from ..rooms import Aim, OpenRoom
from ..text import ago_text, looks_like_invite, shown_line
from ..theme import other_theme
from ..trouble import TROUBLE
from ..widgets.roster import path_text, peer_name, shared_names
from ..widgets.timeline import copied
from ..window import MessageWindow
from .confirm import ConfirmScreen
from .help import HelpScreen
from .home import Choice
from .invite import InviteScreen
from .looks import Looks

if TYPE_CHECKING:
    from .chat import ChatScreen

EMOJI = {
    **{"+1": "👍", "-1": "👎", "heart": "❤️", "tada": "🎉", "eyes": "👀", "smile": "🙂", "laugh": "😂"},
    **{"check": "✅", "rocket": "🚀", "thanks": "🙏", "fire": "🔥", "wave": "👋", "think": "🤔", "sad": "🙁"},
}
"""Words for emoji that few keyboards have: `/react tada`."""


class Actions:
    """The verbs of a ChatScreen."""

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._about_to_send = ""
        self._looks = Looks(screen)

    def submit(self, text: str) -> None:
        """Send what was typed, or do what it says."""
        match commands.parse(text):
            case commands.Text(said):
                self._say(said)
            case commands.Unknown(hint):
                self._screen.composer.give_back(text)
                self._screen.tell(hint, severity="warning")
            case commands.Call(spec, argument):
                self.call(spec.name, argument, text)

    def call(self, name: str, argument: str = "", typed: str = "") -> None:
        """Do what the command `name` does. `typed` comes back into the composer when it cannot be done."""
        if self._screen.room is None:
            if typed:
                self._screen.composer.give_back(typed)
            self._screen.tell("The room is still being opened.")
            return
        method: Callable[[OpenRoom, str], str | None] = getattr(self, f"_do_{name}")
        problem = method(self._screen.room, argument)
        if problem:
            if typed:
                self._screen.composer.give_back(typed)
            self._screen.tell(problem, severity="warning")

    def drop_aim(self) -> None:
        """The next text is a new message again."""
        room = self._screen.room
        if room is not None and room.aim is not None:
            if room.aim.what == "edit":
                self._screen.composer.fill("")
            room.aim = None
            self._screen.show_aim()

    def on_message(self, what: str, message: api.MessageView | None, detail: str = "") -> None:
        """A key was pressed in the timeline, or the mouse; see Timeline.Asked."""
        room = self._screen.room
        if room is None:
            return
        if what == "leave":
            self._screen.action_write()
            return
        if message is None:
            self._screen.tell("Choose a message first, with up and down or the mouse.")
            return
        match what:
            case "reply":
                room.aim = Aim("reply", message)
                self._screen.show_aim()
                self._screen.composer.focus()
            case "react" if detail:
                self._react(message, detail, "")
            case "react":
                self._screen.composer.fill("/react ")
            case "answered" | "open" | "info":
                self._looks.take(room, what, message, detail)
            case "copy":
                self._screen.app.copy_to_clipboard(copied(message))
                self._screen.tell("Copied.")
            case "edit" | "delete":
                self.call(what)

    # ------------------------------------------------------------------------------------------------------- texts

    def _say(self, text: str) -> None:
        screen, room = self._screen, self._screen.room
        if room is None:
            screen.composer.give_back(text)
            screen.tell("The room is still being opened.")
            return
        if looks_like_invite(text) and self._about_to_send != text:
            self._about_to_send = text
            screen.composer.give_back(text)
            screen.tell(
                "This is an invite, the key to a room. To open that room put /join in front and leave the rest away, "
                "then paste it there; press Enter again to really send it to everybody here.",
                severity="warning",
            )
            return
        self._about_to_send = ""
        aim, room.aim = room.aim, None
        screen.show_aim()
        if aim is None:
            screen.ask(api.Say(text), text)
        elif aim.what == "reply":
            screen.ask(api.Say(text, aim.message.id), text, aim)
        else:
            screen.ask(api.Edit(aim.message.id, text), text, aim)
        screen.timeline.to_end()

    def _target(self, room: OpenRoom, *, mine: bool | None) -> api.MessageView | None:
        chosen = self._screen.timeline.chosen
        if chosen is not None and (message := room.window.get(chosen)):
            return message if mine in (None, message.mine) else None
        return room.window.newest(mine=mine)

    def _do_reply(self, room: OpenRoom, text: str) -> str | None:
        message = self._target(room, mine=None if self._screen.timeline.chosen else False)
        if message is None:
            return "There is nothing to reply to yet."
        self._screen.ask(api.Say(text, message.id), f"/reply {text}")
        return None

    def _do_edit(self, room: OpenRoom, text: str) -> str | None:
        message = self._target(room, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be changed; choose one in the timeline, or write one."
        if text:
            self._screen.ask(api.Edit(message.id, text), f"/edit {text}")
            return None
        room.aim = Aim("edit", message)
        self._screen.composer.fill(message.text)
        self._screen.show_aim()
        return None

    def _do_delete(self, room: OpenRoom, _argument: str) -> str | None:
        message = self._target(room, mine=True)
        if message is None or message.retracted:
            return "Only messages of yours can be taken back; choose one in the timeline."

        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.ask(api.Retract(message.id))

        question = f"Take back “{shown_line(message.text, 120)}”? Others may have read it already."
        self._screen.app.push_screen(ConfirmScreen(question, "Take it back"), answered)
        return None

    def _do_react(self, room: OpenRoom, argument: str) -> str | None:
        message = self._target(room, mine=None)
        if message is None or message.retracted:
            return "There is nothing to react to yet."
        emoji = EMOJI.get(argument.strip(":").lower(), argument)
        if emoji.isascii():
            return f"{argument[:20]} is no emoji known here; type one, or one of: {', '.join(EMOJI)}."
        self._react(message, emoji, f"/react {argument}")
        return None

    def _react(self, message: api.MessageView, emoji: str, typed: str) -> None:
        has = any(reaction.mine and reaction.emoji == emoji for reaction in message.reactions)
        self._screen.ask(api.React(message.id, emoji, not has), typed)

    def _do_clear(self, room: OpenRoom, _argument: str) -> str | None:
        cleared = MessageWindow()
        cleared.more = bool(room.window.messages) or room.window.more
        room.window = cleared
        room.first_new = None
        self._screen.refresh_room()
        return None

    # ------------------------------------------------------------------------------------------------------- people

    def _do_nick(self, _room: OpenRoom, name: str) -> str | None:
        self._screen.ask(api.SetName(name), f"/nick {name}")
        return None

    def _do_away(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.ask(api.SetAway(True))
        return None

    def _do_back(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.ask(api.SetAway(False))
        return None

    def _do_names(self, room: OpenRoom, _argument: str) -> str | None:
        view = room.session.view
        shared = shared_names(view)
        people = [f"{peer_name(peer, shared)} ({path_text(peer) or peer.state.value})" for peer in view.peers]
        self._screen.tell(", ".join(people) if people else "Nobody else was ever seen here.")
        return None

    def _do_whois(self, room: OpenRoom, name: str) -> str | None:
        view = room.session.view
        shared = shared_names(view)
        wanted = name.lstrip("@").casefold()
        found = [p for p in view.peers if wanted in (p.name.casefold(), peer_name(p, shared).casefold())]
        if not found:
            return f"Nobody called {shown_line(name, 40)} is known here."
        for peer in found:
            parts = [f"{shown_line(peer.name, 40)} · key {peer.peer.text[:16]}… · {peer.state.value}"]
            parts += [path_text(peer)] if peer.path else []
            parts += [f"{peer.rtt_ms} ms"] if peer.rtt_ms is not None else []
            if peer.last_seen_ms and peer.state is api.PeerState.OFFLINE:
                parts.append(f"last seen {ago_text(peer.last_seen_ms, self._screen.now_ms)}")
            parts += [shown_line(peer.note)] if peer.note else []
            self._screen.tell(" · ".join(parts))
        return None

    # -------------------------------------------------------------------------------------------------------- rooms

    def _do_topic(self, room: OpenRoom, topic: str) -> str | None:
        if topic:
            self._screen.ask(api.SetTopic(topic), f"/topic {topic}")
        else:
            self._screen.tell(room.session.view.topic or "This room has no topic. /topic TEXT sets one.")
        return None

    def _do_invite(self, room: OpenRoom, _argument: str) -> str | None:
        self._screen.run_worker(self._show_invite(room), group="invite", exclusive=True)
        return None

    async def _show_invite(self, room: OpenRoom) -> None:
        try:
            invite = await self._screen.profile.invite(room.name)
            saved = next(s for s in await self._screen.profile.rooms() if s.name == room.name)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            return
        self._screen.app.push_screen(InviteScreen(room.name, saved.words, bool(saved.relay), invite))

    def _do_join(self, _room: OpenRoom, name: str) -> str | None:
        if looks_like_invite(name):
            self._screen.run_worker(self._join_invite(name), group="invite", exclusive=True)
        elif any(saved.name.casefold() == name.lstrip("#").casefold() for saved in self._screen.room_list.items):
            self._screen.enter(Choice(name.lstrip("#")))
        else:
            self._screen.ask_for_room(join=True, name=name.lstrip("#"))
        return None

    async def _join_invite(self, invite: str) -> None:
        try:
            room = await self._screen.profile.join_invite(invite)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")
            return
        self._screen.enter(Choice(room.name))

    def _do_new(self, _room: OpenRoom, name: str) -> str | None:
        self._screen.ask_for_room(name=name.lstrip("#"))
        return None

    def _do_rooms(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.action_rooms()
        return None

    def _do_part(self, room: OpenRoom, _argument: str) -> str | None:
        self._screen.run_worker(self._screen.rooms.leave(room), group="leave")
        return None

    def _do_forget(self, room: OpenRoom, _argument: str) -> str | None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.run_worker(self._forget(room), group="leave")

        question = (
            f"Erase #{shown_line(room.name)} from this machine: its key, its whole history, and who was in it? "
            "Without an invite there is no way back."
        )
        self._screen.app.push_screen(ConfirmScreen(question, "Erase it"), answered)
        return None

    async def _forget(self, room: OpenRoom) -> None:
        try:
            await self._screen.rooms.forget(room)
        except TROUBLE as error:
            self._screen.tell(str(error), severity="error")

    # ------------------------------------------------------------------------------------------------------ program

    def _do_help(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.app.push_screen(HelpScreen())
        return None

    def _do_theme(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.app.theme = other_theme(self._screen.app.theme)
        return None

    def _do_quit(self, _room: OpenRoom, _argument: str) -> str | None:
        self._screen.app.exit()
        return None
