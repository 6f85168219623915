"""The style sheets speak of what there is: every id, class and part that they name is in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from p2pchat_tui import ui
from p2pchat_tui.ui.widgets.found_list import FoundList
from p2pchat_tui.ui.widgets.key_line import KeyLine
from p2pchat_tui.ui.widgets.timeline import Timeline

FOLDER = Path(ui.__file__).parent
CODE = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
TEXTUAL = {"-error", "-information", "-warning"}
"""Classes that Textual's own widgets have."""


def selectors(sheet: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", (FOLDER / sheet).read_text(), flags=re.DOTALL)
    return re.sub(r"\{[^}]*\}", "\n", text)


@pytest.mark.parametrize("sheet", ["chat.tcss", "start.tcss"])
def test_every_id_and_class_is_in_the_code(sheet: str) -> None:
    ids = set(re.findall(r"#([\w-]+)", selectors(sheet)))
    assert ids and not [name for name in ids if f'id="{name}"' not in CODE]
    classes = {name for name in re.findall(r"\.([\w-]+)", selectors(sheet)) if "--" not in name} - TEXTUAL
    assert classes and not [name for name in classes if not re.search(rf'["\s]{name}["\s]', CODE)]


def test_every_part_of_a_widget_has_its_look_and_no_other_is_named() -> None:
    parts = Timeline.COMPONENT_CLASSES | FoundList.COMPONENT_CLASSES | KeyLine.COMPONENT_CLASSES
    named = set(re.findall(r"\.((?:timeline|found|key-line)--[\w-]+)", selectors("chat.tcss")))
    assert named == parts
