"""How the app looks and behaves for its user: one table for config.toml, `/set` and the settings screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from types import MappingProxyType
from typing import Any

NOTIFY_LEVELS = ("all", "mentions", "none")
NOTIFY_BY = ("both", "bell", "desktop", "none")
ROOM_ORDERS = ("importance", "name")
GLYPHS = ("unicode", "plain")
AWAY_MAX = 24 * 60
"""Minutes without a key after which one is away at the latest."""

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")
_THEME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_KEY_ID = re.compile(r"[a-z]+\.[a-z-]+")


@dataclass(frozen=True, slots=True)
class Preferences:
    """Every setting that can be changed while the app runs."""

    theme: str = "p2pchat-dark"
    glyphs: str = "unicode"
    """`plain`: nothing beyond ASCII is drawn by the program itself."""
    typing: bool = True
    """Whether the others see that one types."""
    notify: str = "all"
    """What is announced of rooms that say nothing else: one of NOTIFY_LEVELS."""
    notify_by: str = "both"
    """One of NOTIFY_BY."""
    notify_text: bool = True
    """Whether a desktop notice shows who wrote what, or only that somebody did."""
    quiet_hours: str = ""
    """`22:00-07:00` by the clock on the wall; empty for none."""
    away_after: int = 10
    """Minutes without a key after which one is away; 0 for never."""
    lan: bool = False
    """Whether others are looked for on the local network, in rooms that say nothing themselves."""
    room_order: str = "importance"
    """One of ROOM_ORDERS."""
    keymap: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Id of a binding → its keys."""

    def is_quiet(self, now: time) -> bool:
        """Whether `now` is within the quiet hours, which may go over midnight."""
        found = _HOURS.fullmatch(self.quiet_hours)
        if not found:
            return False
        hours = [int(each) for each in found.groups()]
        begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
        return begin <= now < end if begin <= end else now >= begin or now < end


@dataclass(frozen=True, slots=True)
class Preference:
    """One setting."""

    name: str
    kind: Any
    """Its type in config.toml."""
    read: Callable[[Any], Any]
    """Raises ValueError with the rest of a sentence that begins with where the value stands."""
    help: str
    choices: tuple[str, ...] = ()
    """What the settings screen goes through; others may be written where `is_free`."""
    is_free: bool = False


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.strip().lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}.")
        return value.strip().lower()

    return read


def read_switch(value: str | bool) -> bool:
    """Whether something is on. Raises ValueError."""
    word = str(value).strip().lower()
    if word not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise ValueError("must be true or false.")
    return word in ("true", "1", "yes", "on")


def _theme(value: str) -> str:
    if not _THEME.fullmatch(value.strip().lower()):
        raise ValueError("must be the name of a theme, such as p2pchat-dark or nord.")
    return value.strip().lower()


def _quiet_hours(value: str) -> str:
    text = value.strip().lower()
    if text in ("", "off", "none"):
        return ""
    if not _HOURS.fullmatch(text):
        raise ValueError('must be two times such as "22:00-07:00", or "" for none.')
    return text.replace(" ", "").replace("–", "-")


def _minutes(value: str | int) -> int:
    digits = str(value).strip()
    if not (digits.isascii() and digits.isdigit() and int(digits) <= AWAY_MAX):
        raise ValueError(f"must be a number of minutes up to {AWAY_MAX}, or 0 for never.")
    return int(digits)


def _keymap(value: Mapping[str, str] | str) -> Mapping[str, str]:
    if isinstance(value, str):
        raise ValueError("must be a table in config.toml.")
    for name in value:
        if not _KEY_ID.fullmatch(name):
            raise ValueError(f'has "{name[:40]}", which is no name of a key binding such as "chat.rooms".')
    return MappingProxyType(dict(value))


SWITCH = ("on", "off")
PREFERENCES: tuple[Preference, ...] = (
    Preference("theme", str, _theme, "colours; every theme of Textual, and two of our own", is_free=True),
    Preference("glyphs", str, _one_of(GLYPHS), "plain draws with ASCII alone", GLYPHS),
    Preference("typing", bool, read_switch, "let the others see that you type", SWITCH),
    Preference(
        "notify", str, _one_of(NOTIFY_LEVELS), "what is announced, where a room says nothing else", NOTIFY_LEVELS
    ),
    Preference(
        "notify_by", str, _one_of(NOTIFY_BY), "the terminal's bell, a notice on the desktop, or both", NOTIFY_BY
    ),
    Preference("notify_text", bool, read_switch, "show in desktop notices who wrote what", SWITCH),
    Preference(
        "quiet_hours",
        str,
        _quiet_hours,
        "times without any notice",
        ("", "22:00-07:00", "23:00-08:00", "18:00-08:00"),
        is_free=True,
    ),
    Preference(
        "away_after",
        int,
        _minutes,
        "minutes without a key until you are away; 0: never",
        ("0", "5", "10", "20", "30", "60"),
        is_free=True,
    ),
    Preference(
        "lan",
        bool,
        read_switch,
        "look for others on the local network, in rooms that say nothing else (/lan)",
        SWITCH,
    ),
    Preference(
        "room_order", str, _one_of(ROOM_ORDERS), "how rooms are listed: what is new first, or by name", ROOM_ORDERS
    ),
    Preference("keymap", dict[str, str], _keymap, "other keys: a table of binding = keys", is_free=True),
)
BY_NAME = {preference.name: preference for preference in PREFERENCES}
CHANGEABLE = tuple(name for name in BY_NAME if name != "keymap")
"""What can be changed in the app; the keymap is a table, and stands in the file alone."""


def changed(preferences: Preferences, name: str, value: str) -> Preferences:
    """`preferences` with one value, as somebody typed it. Raises ValueError with a sentence."""
    if name not in CHANGEABLE:
        raise ValueError(f"There is no setting {name[:30]} to be changed here; there are {', '.join(CHANGEABLE)}.")
    preference = BY_NAME[name]
    try:
        return replace(preferences, **{name: preference.read(value)})
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def set_text(now: Preferences, name: str) -> str:
    """What is said once a setting was changed."""
    return f"{name} is {shown_value(getattr(now, name))} now."


def shown_value(value: object) -> str:
    """A value as a person reads it and may type it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) if value != "" else "none"
