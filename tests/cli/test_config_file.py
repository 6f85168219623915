"""One setting written into config.toml: everything else stays as it is, and the file is whole at any moment."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pchat_tui.cli.config_file import save_value, with_value
from p2pchat_tui.config import ConfigError, read_config
from p2pchat_tui.preferences import PREFERENCES, Preferences, changed, shown_value

FILE = """# mine
name = "ana" # as everybody calls me
theme   =  'nord'   # blue
ice_servers = [
  "stun:a:1",  # first
]

# keys
[keymap]
"chat.rooms" = "f2"
"""


def test_a_value_is_replaced_and_its_comment_stays() -> None:
    assert with_value(FILE, "theme", "p2pchat-light") == FILE.replace("theme   =  'nord'", 'theme = "p2pchat-light"')


def test_a_new_value_goes_before_the_first_table() -> None:
    text = with_value(FILE, "typing", False)
    assert text == FILE.replace("]\n\n# keys", "]\ntyping = false\n\n# keys")


@pytest.mark.parametrize("text", ["", "# only this", "# this\r\nname = 'b'\r\n", "[keymap]\n", "\n\n[keymap]\na = '1'"])
def test_into_any_file(text: str) -> None:
    after = with_value(text, "away_after", 5)
    assert tomllib.loads(after) == {"away_after": 5, **tomllib.loads(text)}
    assert with_value(after, "away_after", 7) == after.replace("= 5", "= 7")
    assert ("\r\n" in text) <= (after.count("\n") == after.count("\r\n"))


def test_what_only_looks_like_the_key_is_left_alone() -> None:
    text = 'name = """\ntheme = "no"\n"""\n'
    assert tomllib.loads(with_value(text, "theme", "nord")) == {"name": 'theme = "no"\n', "theme": "nord"}


def test_what_cannot_be_changed_safely_is_said() -> None:
    with pytest.raises(ConfigError, match="only a person"):
        with_value('theme = """\nnord"""\n', "theme", "dracula")
    with pytest.raises(ConfigError, match="not valid"):
        with_value("theme = = 1", "theme", "dracula")


@given(st.text(max_size=30))
def test_every_text_survives(value: str) -> None:
    if any(0xD800 <= ord(char) < 0xE000 for char in value):
        return
    assert tomllib.loads(with_value(FILE, "theme", value))["theme"] == value


def test_the_file_is_private_when_it_is_new_and_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    path = tmp_path / "home" / "config.toml"
    save_value(path, "theme", "nord")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    real = tmp_path / "dotfiles.toml"
    real.write_text(FILE)
    real.chmod(0o644)
    path.unlink()
    path.symlink_to(real)
    save_value(path, "glyphs", "plain")
    assert path.is_symlink() and "glyphs" in real.read_text() and stat.S_IMODE(real.stat().st_mode) == 0o644
    assert sorted(each.name for each in path.parent.iterdir()) == ["config.toml"]
    config = read_config({"home": str(path.parent)}, {"P2PCHAT_TYPING": "off"})
    assert config.preferences == Preferences(theme="nord", glyphs="plain", typing=False, keymap={"chat.rooms": "f2"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match="until you leave"):
        save_value(tmp_path / "config.toml", "theme", "nord")


@pytest.mark.parametrize(
    "line", ['glyphs = "fancy"', "away_after = -1", 'quiet_hours = "25:00-1"', '[keymap]\nrooms = "f2"', "typing = 3"]
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    (tmp_path / "config.toml").write_text(line)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        read_config({"home": str(tmp_path)}, {})


def test_quiet_hours_may_go_over_midnight() -> None:
    from datetime import time

    night = changed(Preferences(), "quiet_hours", "22:00-7:00")
    noon = changed(Preferences(), "quiet_hours", "12:00-13:30")
    assert [night.is_quiet(time(hour)) for hour in (21, 22, 0, 6, 7)] == [False, True, True, True, False]
    assert noon.is_quiet(time(12)) and noon.is_quiet(time(13, 29))
    assert not noon.is_quiet(time(11, 59)) and not noon.is_quiet(time(13, 30))
    assert not Preferences().is_quiet(time(3))


def test_every_choice_can_be_read_and_typed_back() -> None:
    for preference in PREFERENCES:
        for choice in preference.choices:
            after = changed(Preferences(), preference.name, choice)
            value = getattr(after, preference.name)
            assert changed(Preferences(), preference.name, shown_value(value)) == after
    with pytest.raises(ValueError, match="no setting"):
        changed(Preferences(), "keymap", "x")
