"""A line to type in whose cursor does not blink: each blink would go over the line."""

from __future__ import annotations

from typing import Any

from textual.widgets import Input


class Field(Input):
    """See Input."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_blink = False
