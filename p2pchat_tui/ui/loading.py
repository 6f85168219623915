"""Makes the screens ready behind the first frame, in a thread: imports them, and reads their looks.

Textual reads the looks of a widget when the first one of its kind is shown, all in one go, and the keys wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

from ..collector import code_loading
from .app import ChatApp


def load_screens(first: Stylesheet) -> Stylesheet:
    """Import the first screens; the looks of the first frame and of all that is on them, read."""
    with code_loading():
        kinds = _kinds()
        looks = first.copy()
        looks.read(ChatApp.CSS_PATH)
        for kind in kinds:
            for read_from, css, tie_breaker, scope in kind._get_default_css(kind.__new__(kind)):
                looks.add_source(css, read_from, is_default_css=True, tie_breaker=tie_breaker, scope=scope)
        looks.parse()
    return looks


def _kinds() -> Sequence[type[DOMNode]]:
    """Whatever is on the first screens."""
    from textual.containers import Horizontal, Vertical
    from textual.widgets import Button, Footer, Static
    from textual.widgets._footer import FooterKey  # not exported, yet on every screen
    from textual.widgets._toast import Toast  # likewise

    from .screens.chat import ChatScreen
    from .screens.demo import DemoScreen
    from .screens.home import HomeScreen, InviteInput
    from .widgets.composer import Composer
    from .widgets.invite_card import InviteCard
    from .widgets.room_list import RoomList
    from .widgets.roster import Roster
    from .widgets.status_line import NetworkLine, StatusLine
    from .widgets.timeline import Timeline
    from .widgets.typing_line import TypingLine

    screens = (HomeScreen, ChatScreen, DemoScreen)
    panels = (RoomList, Roster, InviteCard, Timeline, Composer, InviteInput)
    lines = (StatusLine, NetworkLine, TypingLine, Static, Button, Footer, FooterKey, Toast)
    return (*screens, *panels, *lines, Horizontal, Vertical)
