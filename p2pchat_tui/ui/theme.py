"""The two themes: quiet surfaces, one accent, eight nick colours that all read well (at least 4.5:1).

What our looks name beyond Textual's own variables is worked out for every other theme.
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

from .nicks import COLOURS

DARK_NICKS = tuple(COLOURS.values())
LIGHT_NICKS = ("#1b5cae", "#176b4b", "#875205", "#7a36a3", "#a8323a", "#0b6676", "#56630a", "#9c2d6b")


INKS = ("primary", "secondary", "accent", "success", "warning", "error")
"""Colours that we write with: as `ink-warning` and so on, since a theme's own `warning` may be for filling alone."""


def _nicks(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"nick-{index}": colour for index, colour in enumerate(colours)}


def _inks(ink: str, *colours: str) -> dict[str, str]:
    """The theme's own colours, as Textual rounds them: all of those can be read."""
    return {"ink": ink, **{f"ink-{name}": colour for name, colour in zip(INKS, colours, strict=True)}}


DARK = Theme(
    name="p2pchat-dark",
    dark=True,
    primary="#8fbf9f",
    secondary="#7fb4ff",
    accent="#e8b36b",
    success="#86cf9b",
    warning="#f0bf6c",
    error="#f28b82",
    foreground="#d9dee3",
    background="#14181c",
    surface="#1b2025",
    panel="#242b32",
    variables={
        **_nicks(DARK_NICKS),
        **_inks("#d9dee3", "#8fbf9f", "#7fb4ff", "#e7b36b", "#86cf9b", "#efbf6c", "#f18b82"),
        "quiet": "#8f9aa5",
        "line": "#3a444e",
        "selected": "#28323b",
        "border": "#8fbf9f",
        "border-blurred": "#3a444e",
        "footer-background": "#14181c",
        "footer-foreground": "#8f9aa5",
        "footer-description-foreground": "#8f9aa5",
        "footer-key-foreground": "#8fbf9f",
        "block-cursor-foreground": "#14181c",
        "block-cursor-background": "#8fbf9f",
        "block-cursor-blurred-foreground": "#d9dee3",
        "block-cursor-blurred-background": "#28323b",
        "input-selection-background": "#3d5a68",
        "scrollbar": "#333c45",
        "scrollbar-hover": "#4a5661",
        "scrollbar-active": "#8fbf9f",
        "scrollbar-background": "#14181c",
        "scrollbar-background-hover": "#14181c",
        "scrollbar-background-active": "#14181c",
    },
)
LIGHT = Theme(
    name="p2pchat-light",
    dark=False,
    primary="#2c6e49",
    secondary="#1b5cae",
    accent="#875205",
    success="#17693d",
    warning="#875205",
    error="#a8323a",
    foreground="#22282d",
    background="#faf9f5",
    surface="#f1efe8",
    panel="#e6e3d9",
    variables={
        **_nicks(LIGHT_NICKS),
        **_inks("#22282d", "#2c6e49", "#1b5cae", "#865205", "#17693d", "#865205", "#a7323a"),
        "quiet": "#5e666c",
        "line": "#c9c5b8",
        "selected": "#e4ebdf",
        "border": "#2c6e49",
        "border-blurred": "#c9c5b8",
        "footer-background": "#faf9f5",
        "footer-foreground": "#5e666c",
        "footer-description-foreground": "#5e666c",
        "footer-key-foreground": "#2c6e49",
        "block-cursor-foreground": "#faf9f5",
        "block-cursor-background": "#2c6e49",
        "block-cursor-blurred-foreground": "#22282d",
        "block-cursor-blurred-background": "#e4ebdf",
        "input-selection-background": "#c4dccb",
        "scrollbar": "#cfcbbf",
        "scrollbar-hover": "#b7b3a6",
        "scrollbar-active": "#2c6e49",
        "scrollbar-background": "#faf9f5",
        "scrollbar-background-hover": "#faf9f5",
        "scrollbar-background-active": "#faf9f5",
    },
)
THEMES = (DARK, LIGHT)


ENOUGH = 4.5
"""Contrast of text on what it stands on (WCAG 2.2, level AA)."""
_ANSI = ("blue", "green", "yellow", "magenta", "red", "cyan", "bright_magenta", "bright_cyan")


def completed(theme: Theme) -> dict[str, str]:
    """What our looks name and a theme of somebody else does not have, worked out from what it has."""
    if any(theme is own for own in THEMES):
        return {}
    colours = theme.to_color_system().generate()
    if theme.ansi:
        nicks = {f"nick-{index}": f"ansi_{name}" for index, name in enumerate(_ANSI)}
        inks = {"ink": colours["foreground"], **{f"ink-{name}": colours[name] for name in INKS}}
        return {**nicks, **inks, "quiet": "ansi_bright_black", "line": "ansi_bright_black", "selected": "ansi_default"}
    ink, paper, panel = (Color.parse(colours[name]) for name in ("foreground", "background", "panel"))
    selected = paper.blend(Color.parse(colours["primary"]), 0.18)
    papers = (paper, Color.parse(colours["surface"]), panel, selected)
    wanted = {f"nick-{i}": Color.parse(nick) for i, nick in enumerate(DARK_NICKS if theme.dark else LIGHT_NICKS)}
    wanted |= {f"ink-{name}": Color.parse(colours[name]) for name in INKS}
    wanted |= {"ink": ink, "quiet": paper.blend(ink, 0.6)}
    return {
        **{name: readable(colour, papers, dark=theme.dark).hex for name, colour in wanted.items()},
        "line": paper.blend(ink, 0.25).hex,
        "selected": selected.hex,
    }


def readable(colour: Color, papers: tuple[Color, ...], *, dark: bool) -> Color:
    """`colour`, made lighter (on a dark theme) or darker as far as it must be to be read on all of `papers`."""
    end = Color.parse("white" if dark else "black")
    for step in range(21):
        tried = colour.blend(end, step / 20)
        if all(contrast(tried, paper) >= ENOUGH for paper in papers):
            return tried
    return end


def contrast(one: Color, other: Color) -> float:
    """From 1 (the same) to 21 (black on white), as WCAG measures it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
