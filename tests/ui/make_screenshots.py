"""Makes the pictures in `screenshots/`, by the pilot of the snapshot tests: `python -m tests.ui.make_screenshots`."""

from __future__ import annotations

import os

for name in ["NO_COLOR", *[each for each in os.environ if each.startswith("TEXTUAL_")]]:
    os.environ.pop(name, None)  # before Textual reads them

import asyncio  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.ui.scenes import SCENES  # noqa: E402

FOLDER = Path(__file__).resolve().parent.parent.parent / "screenshots"
PICTURES = {
    "chat-120x36": ("busy-room", (120, 36)),
    "chat-80x24": ("busy-room", (80, 24)),
    "home-80x24": ("home", (80, 24)),
    "new-room-120x36": ("empty-room", (120, 36)),
    "invite-120x36": ("invite", (120, 36)),
}


async def make(name: str) -> None:
    """Make one picture."""
    scene, size = PICTURES[name]
    played = SCENES[scene]()
    async with played.app.run_test(size=size) as pilot:
        await played.play(pilot)
        (FOLDER / f"{name}.svg").write_text(played.app.export_screenshot(title="p2pchat-tui"))


def main() -> None:
    """Make them all."""
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        asyncio.run(make(name))
        print(FOLDER.name + "/" + name + ".svg")


if __name__ == "__main__":
    main()
