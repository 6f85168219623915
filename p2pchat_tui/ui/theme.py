"""The two themes: quiet surfaces, one accent, eight nick colours that all read well (at least 4.5:1)."""

from __future__ import annotations

from textual.theme import Theme

DARK_NICKS = ("#7fb4ff", "#7fd1ae", "#e8b36b", "#d79bea", "#ef9a9a", "#6fd0e0", "#c3cf75", "#f0a3c8")
LIGHT_NICKS = ("#1b5cae", "#176b4b", "#875205", "#7a36a3", "#a8323a", "#0b6676", "#56630a", "#9c2d6b")


def _nicks(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"nick-{index}": colour for index, colour in enumerate(colours)}


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


def other_theme(name: str) -> str:
    """The light theme for the dark one, and the dark one for everything else."""
    return LIGHT.name if name == DARK.name else DARK.name
