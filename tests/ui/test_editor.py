"""$EDITOR: what it is given, what comes back, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from p2pchat_tui.ui.editor import EditorFailed, deaf_to_interrupts, edit_text, editor_command


@pytest.fixture(autouse=True)
def runtime_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def editor(new: str, code: int = 0) -> Callable[[list[str]], int]:
    def run(command: list[str]) -> int:
        path = Path(command[-1])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() == "before"
        path.write_text(new)
        path.with_name(path.name + "~").write_text("before")
        return code

    return run


def test_the_text_goes_there_and_back_and_the_files_are_gone(runtime_dir: Path) -> None:
    assert edit_text("before", ["vi"], editor("after\nand more\n")) == "after\nand more"
    assert list(runtime_dir.iterdir()) == []


def test_an_editor_that_fails_changes_nothing(runtime_dir: Path) -> None:
    with pytest.raises(EditorFailed, match="as it was"):
        edit_text("before", ["vi"], editor("half", 1))
    assert list(runtime_dir.iterdir()) == []


def test_an_editor_that_is_not_there_is_named(runtime_dir: Path) -> None:
    with pytest.raises(EditorFailed, match="no-such-editor"):
        edit_text("before", ["no-such-editor"])
    assert list(runtime_dir.iterdir()) == []


def test_which_editor() -> None:
    assert editor_command({"EDITOR": "code --wait", "VISUAL": ""}) == ["code", "--wait"]
    assert editor_command({"EDITOR": "nano", "VISUAL": "vim"}) == ["vim"]
    assert editor_command({}) == ["vi"]
    with pytest.raises(EditorFailed):
        editor_command({"EDITOR": 'vi "'})


def test_an_interrupt_is_the_editors() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deaf_to_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
