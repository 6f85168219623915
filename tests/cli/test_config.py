"""Where settings come from, and what is said when one cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from p2pchat_tui.config import CONFIG_MAX, Config, ConfigError, read_config
from p2pchat_tui.ports.ice import IceServer
from p2pchat_tui.preferences import Preferences

FULL = """
profile = "work"
name = "ana"
relay = "relay.example.org"
ice_servers = ["stun:stun.example.org:3478", {url = "turn:turn.example.org", username = "u", credential = "hush"}]
ice_address = ["127.0.0.1", "::1"]
ice_policy = "all"
lan = true
local_port = 0
log_level = "debug"
"""


def read(home: Path, text: str = "", options: dict[str, Any] | None = None, **environ: str) -> Config:
    (home / "config.toml").write_text(text)
    return read_config({"home": str(home), **(options or {})}, environ)


def test_defaults(tmp_path: Path) -> None:
    config = read_config({"home": str(tmp_path)}, {})
    assert config == Config(home=tmp_path)
    assert config.ice_servers == ()
    assert config.local_port == 7345


def test_the_file(tmp_path: Path) -> None:
    config = read(tmp_path, FULL)
    assert config == Config(
        home=tmp_path,
        profile="work",
        nickname="ana",
        relay="wss://relay.example.org/ws",
        ice_servers=(
            IceServer("stun:stun.example.org:3478"),
            IceServer("turn:turn.example.org", "u", "hush"),
        ),
        ice_addresses=("127.0.0.1", "::1"),
        local_port=0,
        log_level="debug",
        preferences=Preferences(lan=True),
    )
    assert "hush" not in repr(config)


def test_the_environment_wins_over_the_file_and_options_over_both(tmp_path: Path) -> None:
    environ = {
        "P2PCHAT_NAME": "bo",
        "P2PCHAT_LOCAL_PORT": "4000",
        "P2PCHAT_RELAY": "ws://here",
        "P2PCHAT_ICE_SERVERS": "stun:a:1, stun:b:2",
        "P2PCHAT_ICE_ADDRESS": "127.0.0.1",
    }
    config = read(tmp_path, FULL, **environ)
    assert (config.nickname, config.local_port, config.relay) == ("bo", 4000, "ws://here:7345/ws")
    assert config.ice_servers == (IceServer("stun:a:1"), IceServer("stun:b:2"))
    assert config.ice_addresses == ("127.0.0.1",)
    assert config.relay_option == ""
    config = read(tmp_path, FULL, {"name": "cy", "local_port": "1", "relay": "other.example"}, **environ)
    assert (config.nickname, config.local_port) == ("cy", 1)
    assert config.relay == config.relay_option == "wss://other.example/ws"


def test_several_relays(tmp_path: Path) -> None:
    both = "wss://one.example/ws ws://127.0.0.1:7345/ws"
    assert read(tmp_path, 'relay = ["one.example", "ws://127.0.0.1"]').relay == both
    assert read(tmp_path, 'relay = "one.example, ws://127.0.0.1 one.example"').relay == both
    assert read(tmp_path, "", {"relay": ["one.example", "ws://127.0.0.1"]}).relay_option == both
    assert read(tmp_path, FULL, P2PCHAT_RELAY="one.example ws://127.0.0.1").relay == both
    with pytest.raises(ConfigError, match="at most 4"):
        read(tmp_path, 'relay = ["a.x", "b.x", "c.x", "d.x", "e.x"]')


def test_the_secret_of_a_turn_server_stays_one(tmp_path: Path) -> None:
    text = 'turn_secret = "hush"\nice_servers = ["turn:turn.example.org"]'
    config = read(tmp_path, text)
    assert (config.turn_secret, config.ice_servers) == ("hush", (IceServer("turn:turn.example.org"),))
    assert "hush" not in repr(config)
    assert read(tmp_path, "", P2PCHAT_TURN_SECRET="other").turn_secret == "other"
    with pytest.raises(ConfigError, match=r"^turn_secret in .* must be one line") as caught:
        read(tmp_path, 'turn_secret = "hush\\n"')
    assert "hush" not in str(caught.value)


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, FULL, P2PCHAT_NAME="").nickname == "ana"


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_config({}, {"P2PCHAT_HOME": str(tmp_path)}).home == tmp_path
    assert read_config({"home": "/a"}, {"P2PCHAT_HOME": "/b"}).home == Path("/a")
    assert read_config({"home": "rel"}, {}).home == Path.cwd() / "rel"
    with pytest.raises(ConfigError, match="--home needs a folder"):
        read_config({"home": ""}, {"P2PCHAT_HOME": "/b"})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert read_config({}, {}).home.name == "p2pchat-tui"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("naem = 'x'", ["naem", "means nothing", "name"]),
        ("name = 3", ["name", "expected str"]),
        ("local_port = '7345'", ["local_port", "expected int"]),
        ("local_port = 70000", ["local_port", "65535"]),
        ("local_port = true", ["local_port"]),
        ("profile = '../x'", ["profile"]),
        ("profile = ''", ["profile"]),
        ("name = '\u200b'", ["name", "visible"]),
        ("relay = 'http://x'", ["relay", "ws://"]),
        ("ice_servers = 'stun:x'", ["ice_servers", "expected array"]),
        ("ice_servers = ['http://x']", ["ice_servers", "stun:"]),
        ("ice_servers = ['turn:x']", ["ice_servers", "user"]),
        ("ice_servers = [{url = 'stun:x', pass = 'hush'}]", ["ice_servers", "unknown field"]),
        ("ice_address = ['localhost']", ["ice_address", "IP address"]),
        ("log_level = 'loud'", ["log_level", "warning"]),
        ("name = ", ["not valid TOML"]),
        ("x = [" * 2000, ["TOML"]),
        ("#" * (CONFIG_MAX + 1), ["longer"]),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_file_and_key(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    sentence = str(caught.value)
    assert str(tmp_path / "config.toml") in sentence
    assert all(word in sentence for word in words), sentence
    assert "\n" not in sentence and "hush" not in sentence


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_config({"home": str(tmp_path)}, {})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config({"home": str(tmp_path)}, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config({"home": f"{tmp_path}/x\0y"}, {})


@pytest.mark.parametrize(
    ("options", "environ", "where"),
    [
        ({"local_port": "x"}, {}, "--local-port"),
        ({"ice_address": ["x"]}, {}, "--ice-address"),
        ({"name": " "}, {}, "--name"),
        ({"profile": "a/b"}, {}, "--profile"),
        ({}, {"P2PCHAT_LOCAL_PORT": "-1"}, "P2PCHAT_LOCAL_PORT"),
        ({}, {"P2PCHAT_RELAY": "user:pass@host"}, "P2PCHAT_RELAY"),
    ],
)
def test_a_wrong_value_says_where_it_stands(
    tmp_path: Path, options: dict[str, Any], environ: dict[str, str], where: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config({"home": str(tmp_path), **options}, environ)
    assert str(caught.value).startswith(where)
    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("word", ["1", "true", "Yes", "on"])
def test_the_lan_can_be_switched_on_in_the_environment(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, P2PCHAT_LAN=word).lan
    assert not read(tmp_path, P2PCHAT_LAN="off").lan
    assert not read(tmp_path).lan


def test_the_lan_and_relay_only_exclude_each_other(tmp_path: Path) -> None:
    assert read(tmp_path, 'ice_policy = "relay"').relay_only
    for text, options in (
        ('ice_policy = "relay"\nlan = true', {}),
        ("lan = true", {"ice_policy": "relay"}),
        ('ice_policy = "relay"', {"lan": True}),
    ):
        with pytest.raises(ConfigError, match="exclude each other"):
            read(tmp_path, text, options)
