"""What every screen looks like, at the smallest comfortable size and at a pleasant one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.ui.message_scenes import MESSAGE_SCENES
from tests.ui.scenes import SCENES

SIZES = {"80x24": (80, 24), "120x36": (120, 36)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", SCENES)
def test_screen(scene: str, size: str, snap_compare: Callable[..., bool]) -> None:
    played = SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES[size])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", MESSAGE_SCENES)
def test_messages(scene: str, size: str, snap_compare: Callable[..., bool]) -> None:
    played = MESSAGE_SCENES[scene]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=SIZES[size])


@pytest.mark.parametrize("scene", ["markdown", "code"])
def test_messages_in_the_light(scene: str, snap_compare: Callable[..., bool]) -> None:
    played = MESSAGE_SCENES[scene]()
    played.app.theme = "p2pchat-light"
    assert snap_compare(played.app, run_before=played.play, terminal_size=(60, 30))


@pytest.mark.parametrize("theme", ["p2pchat-light", "p2pchat-dark"])
def test_themes(theme: str, snap_compare: Callable[..., bool]) -> None:
    played = SCENES["busy-room"]()

    async def play(pilot: object) -> None:
        await played.play(pilot)  # type: ignore[arg-type]
        played.app.theme = theme
        await pilot.pause()  # type: ignore[attr-defined]

    assert snap_compare(played.app, run_before=play, terminal_size=SIZES["120x36"])


def test_too_small(snap_compare: Callable[..., bool]) -> None:
    played = SCENES["empty-room"]()
    assert snap_compare(played.app, run_before=played.play, terminal_size=(50, 15))
