"""Both themes can be read: every text on every surface that it stands on has a contrast of at least 4.5:1."""

from __future__ import annotations

import re

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from p2pchat_tui.ui.app import ChatApp
from p2pchat_tui.ui.nicks import STYLES
from p2pchat_tui.ui.theme import ENOUGH, INKS, THEMES, completed, contrast

PAPERS = ("background", "surface", "panel", "selected")
TEXTS = ("ink", "quiet", *(f"ink-{name}" for name in INKS))
NICKS = STYLES


def colours(theme: Theme) -> dict[str, str]:
    """Every colour that the looks may name, as Textual works them out."""
    return {**theme.to_color_system().generate(), **theme.variables}


def colour(theme: Theme, name: str) -> Color:
    return Color.parse(colours(theme)[name])


def test_the_measure_is_the_known_one() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#767676"), Color.parse("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_can_be_read(theme: Theme, paper: str) -> None:
    ground = colour(theme, paper)
    found = {name: round(contrast(colour(theme, name), ground), 2) for name in (*TEXTS, *NICKS)}
    assert min(found.values()) >= ENOUGH, {name: value for name, value in found.items() if value < ENOUGH}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_has_the_focus_can_be_read(theme: Theme) -> None:
    assert contrast(colour(theme, "background"), colour(theme, "ink-primary")) >= ENOUGH
    assert contrast(colour(theme, "foreground"), colour(theme, "input-selection-background")) >= ENOUGH


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_our_inks_are_the_colours_of_the_theme(theme: Theme) -> None:
    made = theme.to_color_system().generate()
    assert {name: colour(theme, f"ink-{name}").hex for name in INKS} == {name: made[name] for name in INKS}
    assert colour(theme, "ink").hex == made["foreground"]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_nick_colours_are_all_different(theme: Theme) -> None:
    assert len({colour(theme, name).hex for name in NICKS}) == len(STYLES)


@pytest.mark.parametrize("name", [name for name, theme in BUILTIN_THEMES.items() if not theme.ansi])
def test_every_text_can_be_read_in_every_theme_there_is(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    added = completed(theme)
    for paper in PAPERS:
        ground = Color.parse(added.get(paper) or colours(theme)[paper])
        found = {each: round(contrast(Color.parse(added[each]), ground), 2) for each in (*TEXTS, *NICKS)}
        # Nothing can be read better than black or white.
        best = max(contrast(Color.parse("black"), ground), contrast(Color.parse("white"), ground))
        assert min(found.values()) >= min(ENOUGH, best) - 0.05, (paper, found)


@pytest.mark.parametrize("theme", BUILTIN_THEMES.values(), ids=lambda theme: theme.name)
def test_no_theme_lacks_what_the_looks_name(theme: Theme) -> None:
    ours = {*NICKS, *TEXTS, "line", "selected"}
    assert ours <= set(completed(theme)) and ours <= set(THEMES[0].variables)


def test_nothing_is_written_in_a_colour_that_may_not_be_read() -> None:
    folder = ChatApp.CSS_PATH.parent
    for path in (ChatApp.CSS_PATH, *folder.rglob("*.py")):
        assert not re.search(rf"\$({'|'.join(INKS)})\b(?!-)", path.read_text()), path


def test_the_looks_name_no_colour_that_the_themes_do_not_have() -> None:
    looks = ChatApp.CSS_PATH.read_text()
    named = {name.rstrip("-") for name in re.findall(r"\$([a-z][a-z0-9-]*)", looks)}
    for theme in THEMES:
        assert named <= set(colours(theme))
    # Black on white: what a camera reads is the same in every theme.
    assert set(re.findall(r"#[0-9a-f]{6}\b", looks)) == {"#000000", "#ffffff"}
