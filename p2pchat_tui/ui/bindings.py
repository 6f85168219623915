"""Every key that can be given another place. Imports all screens: only for whoever has a keymap of their own."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding
from textual.dom import DOMNode

from .app import ChatApp
from .screens.ask import AskScreen
from .screens.chat import ChatScreen
from .screens.confirm import ConfirmScreen
from .screens.demo import DemoScreen
from .screens.help import HelpScreen
from .screens.home import HomeScreen
from .screens.inspector import InspectorScreen
from .screens.invite import InviteScreen
from .screens.link import LinkScreen
from .screens.log import LogScreen
from .screens.message import MessageScreen
from .screens.paste import PasteScreen
from .screens.person import PersonScreen
from .screens.search import SearchScreen
from .screens.settings import SettingsScreen
from .screens.switcher import SwitchScreen
from .screens.themes import ThemeScreen
from .screens.verify import VerifyScreen
from .widgets.composer import Composer
from .widgets.timeline import Timeline

OWNERS: tuple[type[DOMNode], ...] = (
    *(ChatApp, ChatScreen, HomeScreen, HelpScreen, InviteScreen, ConfirmScreen, PasteScreen),
    *(SettingsScreen, ThemeScreen, LogScreen, DemoScreen, InspectorScreen, SwitchScreen, AskScreen),
    *(Composer, Timeline, LinkScreen, MessageScreen, PersonScreen, VerifyScreen, SearchScreen),
)
"""All classes with bindings of their own."""
SECTIONS: dict[str, tuple[type[DOMNode], ...]] = {
    "Everywhere": (ChatApp, ChatScreen),
    "Writing": (Composer,),
    "In the messages": (Timeline,),
}
"""Whose keys the help tells under which title."""
_IN_CHAT = {DemoScreen, Composer, Timeline}


def own(*owners: type[DOMNode]) -> list[Binding]:
    """The bindings of these classes alone, not of those that they build on."""
    found = [binding for owner in owners for binding in vars(owner)["BINDINGS"]]
    return [binding for binding in found if isinstance(binding, Binding)]


def scopes() -> Sequence[Sequence[Binding]]:
    """Bindings that are in force together: the app's everywhere, the chat's around what is in it."""
    return [own(ChatApp, *((ChatScreen,) if owner in _IN_CHAT else ()), owner) for owner in OWNERS if owner != ChatApp]
