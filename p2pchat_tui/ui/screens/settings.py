"""The settings: one line each; left and right change what is chosen, and everything shows at once.

Under them stands whoever is ignored, to be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ...preferences import BY_NAME, CHANGEABLE, Preference, shown_value
from ...session import api
from ...session.profile import Profile
from ..settings import Settings
from ..text import pad, shown_line
from ..trouble import TROUBLE

LISTED = tuple(BY_NAME[name] for name in CHANGEABLE)
NAME_WIDTH = 13


class SettingsScreen(ModalScreen[None]):
    """Shows what is, and asks the app to change it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "change(-1)", "Before", id="settings.before"),
        Binding("right", "change(1)", "Next", id="settings.next"),
        Binding("escape,q", "dismiss", "Close", id="settings.close"),
    ]

    def __init__(
        self,
        settings: Settings,
        themes: Sequence[str],
        change: Callable[[str, str], bool],
        path: str,
        profile: Profile,
    ) -> None:
        """`change` applies a setting by its name and typed value. `path`: where it is written to, for people."""
        super().__init__()
        self._settings = settings
        self._themes = tuple(themes)
        self._change = change
        self._path = path
        self._profile = profile
        self._ignored: tuple[tuple[api.PeerId, str], ...] = ()

    def compose(self) -> ComposeResult:
        """One list, and what the chosen one is about."""
        with Vertical(id="settings", classes="box") as box:
            box.border_title = "settings"
            box.border_subtitle = "←→ change · Esc closes"
            yield OptionList(id="settings-list", compact=True, markup=False)
            yield Static("", id="settings-help", markup=False)

    def on_mount(self) -> None:
        """Begin with the first."""
        self._fill()
        self.run_worker(self._look_up(), group="ignored")
        self.query_one(OptionList).focus()
        self._say()

    def on_option_list_option_selected(self) -> None:
        """Enter or a click: the next value, or somebody is shown again."""
        if (ignored := self._chosen_person()) is None:
            self.action_change(1)
        else:
            self.run_worker(self._take_back(ignored), group="ignored")

    def on_option_list_option_highlighted(self) -> None:
        """Say what it is about."""
        self._say()

    def action_change(self, step: int) -> None:
        """The value before or after, round and round."""
        if self._chosen_person() is not None:
            return
        preference = self._chosen()
        choices = self._themes if preference.name == "theme" else preference.choices
        now = shown_value(getattr(self._settings.now, preference.name))
        shown = [shown_value(choice) for choice in choices]
        place = (shown.index(now) + step) % len(choices) if now in shown else 0
        self._change(preference.name, choices[place])
        self._fill()

    async def _look_up(self) -> None:
        try:
            self._ignored = await self._profile.ignored()
        except TROUBLE as error:
            self.notify(shown_line(str(error), 300), severity="error", markup=False)
        self._fill()
        self._say()

    async def _take_back(self, peer: api.PeerId) -> None:
        try:
            await self._profile.decide(api.SetIgnored(peer, False))
        except TROUBLE as error:
            self.notify(shown_line(str(error), 300), severity="error", markup=False)
        await self._look_up()

    def _chosen_person(self) -> api.PeerId | None:
        place = (self.query_one(OptionList).highlighted or 0) - len(LISTED)
        return self._ignored[place][0] if 0 <= place < len(self._ignored) else None

    def _chosen(self) -> Preference:
        return LISTED[self.query_one(OptionList).highlighted or 0]

    def _fill(self) -> None:
        listed = self.query_one(OptionList)
        place = listed.highlighted or 0
        lines = [line(each, shown_value(getattr(self._settings.now, each.name))) for each in LISTED]
        lines += [
            Content.assemble((pad("ignored", NAME_WIDTH), "$quiet"), shown_line(name, 40)) for _, name in self._ignored
        ]
        listed.set_options(Option(each) for each in lines)
        listed.highlighted = min(place, len(lines) - 1)

    def _say(self) -> None:
        if self._chosen_person() is not None:
            text = "Carried, and not shown in any room. Enter shows everything of them again."
            self.query_one("#settings-help", Static).update(Content(text))
            return
        preference = self._chosen()
        text = preference.help[:1].upper() + preference.help[1:] + "."
        if preference.is_free and preference.name != "theme":
            text += f" Any other: /set {preference.name} VALUE."
        self.query_one("#settings-help", Static).update(Content(f"{text}\n{self._path}"))


def line(preference: Preference, value: str) -> Content:
    """`notify_by    ‹ both ›`."""
    return Content.assemble(pad(preference.name, NAME_WIDTH), ("‹ ", "$quiet"), (value, "bold"), (" ›", "$quiet"))
