"""The settings of one run, read once: options, then `P2PCHAT_*`, then HOME/config.toml, then defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from .ports.ice import IceServer, needs_user
from .preferences import PREFERENCES, Preferences, read_switch
from .signaling.urls import DEFAULT_PORT, normal_relay_urls
from .ssc.text import clean_line, clean_name

T = TypeVar("T")

IcePolicy = Literal["all", "relay"]
ICE_POLICIES: tuple[IcePolicy, ...] = get_args(IcePolicy)
LogLevel = Literal["debug", "info", "warning", "error"]
LOG_LEVELS: tuple[LogLevel, ...] = get_args(LogLevel)
CONFIG_MAX = 64 * 1024
"""Bytes of a config.toml that are read: a hundred times what anybody writes."""
ENVIRONMENT = "P2PCHAT_"
"""What the names of environment variables begin with."""

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_ICE_URL = re.compile(r"(stuns?|turns?):[A-Za-z0-9.\[\]:_-]+(\?transport=(udp|tcp))?")


class ConfigError(Exception):
    """A setting cannot be used; the text is one sentence that names where it stands."""


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting. `repr` shows no credential."""

    home: Path
    """The folder of all that is kept; absolute."""
    profile: str = "default"
    nickname: str = ""
    """Empty: what the profile is called already, or a proposal."""
    nickname_option: str = ""
    """The same when it comes from the command line or the environment: it counts in this run."""
    relay: str = ""
    """`ws://` or `wss://` URLs, with blanks between, for rooms that name none; empty: this machine only."""
    relay_option: str = ""
    """The same when it comes from the command line: used beside the relays that a room names, too."""
    ice_servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers beside those that a relay names."""
    turn_secret: str = field(default="", repr=False)
    """What a relay makes users of its TURN servers from; shared with those servers alone."""
    ice_addresses: tuple[str, ...] | None = None
    """Gather on these addresses only; None: on all."""
    share_reading: bool = True
    """Whether the others are told how far one has read."""
    ephemeral: bool = False
    """Whether nothing at all is written to the disk."""
    ice_policy: IcePolicy = "all"
    """`relay`: no address of this machine reaches another member, for everything goes through a TURN server."""
    local_port: int = DEFAULT_PORT
    """Where the windows of this machine meet; 0: they do not."""
    log_level: LogLevel = "warning"
    preferences: Preferences = field(default_factory=Preferences)
    """How the app looks and behaves."""

    @property
    def lan(self) -> bool:
        """Whether others are looked for on the local network, too, in rooms that say nothing themselves."""
        return self.preferences.lan

    @property
    def relay_only(self) -> bool:
        """Whether links go through TURN servers only."""
        return self.ice_policy == "relay"

    @property
    def profile_folder(self) -> Path:
        """The folder of the profile that was asked for."""
        return self.home / "profiles" / self.profile

    @property
    def file(self) -> Path:
        """Where the settings are kept."""
        return self.home / "config.toml"

    @property
    def own_servers(self) -> tuple[IceServer, ...]:
        """The STUN and TURN servers that links can use: one without a user is there for a relay to make users of."""
        return tuple(server for server in self.ice_servers if not needs_user(server))

    @property
    def log_file(self) -> Path:
        """Where warnings and the details of crashes are written."""
        return self.home / "log.txt"


class _Key(NamedTuple):
    """One setting: where its value may stand, and how it is read."""

    name: str
    """In config.toml; the environment variable is `P2PCHAT_` and this in capitals, the option this with dashes."""
    read: Callable[[Any], Any]
    """Raises ValueError with the rest of a sentence that begins with where the value stands."""


def read_config(options: Mapping[str, Any], environ: Mapping[str, str]) -> Config:
    """The settings for `options` (those that were given, by their names) and `environ`. Raises ConfigError."""
    home = _home(options, environ)
    in_file = _read_file(home / "config.toml")
    values: dict[str, Any] = {}
    for key in _KEYS:
        variable = ENVIRONMENT + key.name.upper()
        if options.get(key.name) is not None:
            where, value = "--" + key.name.replace("_", "-"), options[key.name]
        elif environ.get(variable):
            where, value = variable, environ[variable]
        elif key.name in in_file:
            where, value = f"{key.name} in {home / 'config.toml'}", in_file[key.name]
        else:
            continue
        try:
            values[_FIELDS.get(key.name, key.name)] = key.read(value)
        except ValueError as error:
            raise ConfigError(f"{where} {error}") from None
    if options.get("relay") is not None:
        values["relay_option"] = values["relay"]
    if options.get("name") is not None or environ.get(f"{ENVIRONMENT}NAME"):
        values["nickname_option"] = values["nickname"]
    _check_users(values, home / "config.toml")
    own = {each.name: values.pop(each.name) for each in PREFERENCES if each.name in values}
    ephemeral = bool(options.get("ephemeral"))
    config = Config(home=home, ephemeral=ephemeral, preferences=Preferences(**own), **values)
    if config.lan and config.relay_only:
        raise ConfigError(
            "The LAN and relay-only links exclude each other, since on a LAN both machines see each other's addresses: "
            "leave out --lan (`lan`), or --relay-only (`ice_policy`)."
        )
    return config


def _check_users(values: Mapping[str, Any], path: Path) -> None:
    if any(map(needs_user, values.get("ice_servers", ()))) and not values.get("turn_secret"):
        raise ConfigError(
            f'ice_servers names a TURN server without a user; in {path}: {{url = "turn:…", username = "…", '
            'credential = "…"}, or for a relay turn_secret = "…".'
        )


def _home(options: Mapping[str, Any], environ: Mapping[str, str]) -> Path:
    if options.get("home") == "":  # what a script gives whose variable is not set must not mean the usual one
        raise ConfigError("--home needs a folder: name one.")
    chosen = options.get("home") or environ.get(ENVIRONMENT + "HOME")
    if chosen:
        try:
            return Path(chosen).expanduser().absolute()
        except (RuntimeError, OSError, ValueError) as error:
            raise ConfigError(
                f"The home folder cannot be found ({clean_line(str(error))}): name one with --home DIR."
            ) from None
    return usual_home()


def usual_home() -> Path:
    """The folder of all that is kept, where nobody names another: the platform's place for data."""
    from platformdirs import user_data_path

    return user_data_path("p2pchat-tui", appauthor=False).absolute()


# ------------------------------------------------------------------------------------------------- the file's shape


def _read_file(path: Path) -> dict[str, Any]:
    """What config.toml says, its keys and types checked; empty when there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(CONFIG_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):  # of the latter the folder itself is told later
        return {}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "unknown error"
        raise ConfigError(f"{path} cannot be read ({clean_line(reason).lower()}): check its rights.") from None
    if len(data) > CONFIG_MAX:
        raise ConfigError(
            f"{path} is longer than {CONFIG_MAX // 1024} KiB, so it is no file of settings: move it away."
        )
    import tomllib  # Only who has a config.toml waits for it.

    try:
        raw = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid TOML, mend it there: {clean_line(str(error))}.") from None
    return _checked(raw, path) if raw else {}


def _checked(raw: dict[str, Any], path: Path) -> dict[str, Any]:
    import msgspec  # likewise

    # The schema is made here, so that a program without the file does not import msgspec for it.
    server = msgspec.defstruct(
        "IceServer",
        [("url", str), ("username", str, ""), ("credential", str, "")],
        forbid_unknown_fields=True,
    )
    types: dict[str, Any] = {
        "profile": str,
        "name": str,
        "relay": str | list[str],
        "turn_secret": str,
        "ice_servers": list[str | server],  # type: ignore[valid-type]
        "ice_address": list[str],
        "ice_policy": str,
        "local_port": int,
        "share_reading": bool,
        "log_level": str,
        **{each.name: each.kind for each in PREFERENCES},
    }
    for key, value in raw.items():
        if key not in types:
            known = ", ".join(types)
            raise ConfigError(f'{path} has a key "{clean_line(key, 40)}" that means nothing; there are {known}.')
        try:
            checked = msgspec.convert(value, types[key], strict=True)
        except msgspec.ValidationError as error:
            raise ConfigError(f'{path}: "{key}" is not as it must be: {_plain(error)}.') from None
        if key == "ice_servers":
            checked = [each if isinstance(each, str) else msgspec.structs.asdict(each) for each in checked]
        raw[key] = checked
    return raw


def _plain(error: Exception) -> str:
    """msgspec's complaint without its marks for paths; it never quotes the value."""
    text = clean_line(str(error)).replace("`", "").replace(" - at $", ", at ").replace("at .", "at ")
    return text[:1].lower() + text[1:]


# --------------------------------------------------------------------------------------------------- single values


def _profile(value: str) -> str:
    if not _PROFILE.fullmatch(value):
        raise ValueError("is no name of a profile: letters, digits, dots, dashes and underscores, at most 40.")
    return value


def _nickname(value: str) -> str:
    if not clean_name(value):
        raise ValueError("needs at least one visible character.")
    return clean_name(value)


def _relay(value: str | list[str]) -> str:
    try:
        return normal_relay_urls(value if isinstance(value, str) else " ".join(value))
    except ValueError as error:
        raise ValueError(f"cannot be used. {error}") from None


def _port(value: str | int) -> int:
    digits = str(value).strip()
    if not (digits.isascii() and digits.isdigit() and int(digits) < 65536):
        raise ValueError("must be a whole number from 0 (off) to 65535.")
    return int(digits)


def _ice_policy(value: str) -> IcePolicy:
    for policy in ICE_POLICIES:
        if policy == value.strip().lower():
            return policy
    raise ValueError(f"must be one of {', '.join(ICE_POLICIES)}.")


def _log_level(value: str) -> LogLevel:
    for level in LOG_LEVELS:
        if level == value.strip().lower():
            return level
    raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}.")


def _addresses(value: str | list[str]) -> tuple[str, ...]:
    addresses = value.replace(",", " ").split() if isinstance(value, str) else value
    try:
        return tuple(ip_address(each.strip()).compressed for each in addresses)
    except ValueError:
        raise ValueError("must be an IP address of this machine, such as 127.0.0.1.") from None


def _ice_servers(value: str | list[str | dict[str, str]]) -> tuple[IceServer, ...]:
    servers = value.replace(",", " ").split() if isinstance(value, str) else value
    return tuple(_ice_server({"url": each} if isinstance(each, str) else each) for each in servers)


def _ice_server(parts: Mapping[str, str]) -> IceServer:
    server = IceServer(**parts)
    if not _ICE_URL.fullmatch(server.url):
        raise ValueError("must hold addresses such as stun:host:3478 or turn:host:3478?transport=udp.")
    if bool(server.username) != bool(server.credential):
        raise ValueError("names a server with half a user: it takes both, username and credential.")
    return server


def _turn_secret(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("must be one line of text: the static-auth-secret of the TURN server.")
    return value


_KEYS = (
    _Key("profile", _profile),
    _Key("name", _nickname),
    _Key("relay", _relay),
    _Key("turn_secret", _turn_secret),
    _Key("ice_servers", _ice_servers),
    _Key("ice_address", _addresses),
    _Key("ice_policy", _ice_policy),
    _Key("local_port", _port),
    _Key("share_reading", read_switch),
    _Key("log_level", _log_level),
    *(_Key(each.name, each.read) for each in PREFERENCES),
)
_FIELDS = {"name": "nickname", "ice_address": "ice_addresses"}
