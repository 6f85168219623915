"""A relay that remembers every byte its clients said to it: to prove what it cannot know."""

from __future__ import annotations

from typing import Any

from p2pchat_tui.signaling.protocol import FromClient
from p2pchat_tui.signaling.relay import Relay


class RecordingRelay(Relay):
    """A real relay; `heard` holds each message as it came."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.heard: list[bytes] = []

    def read_frame(self, data: bytes) -> FromClient:
        self.heard.append(data)
        return super().read_frame(data)
