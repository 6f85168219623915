"""A relay's address as people type it, brought into one form. Imports no network code."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..ssc.ids import RELAYS_MAX

DEFAULT_PORT = 7345
"""The relay's own port: what `ws://` without a port means, and where a machine's windows meet."""
PATH = "/ws"
"""Where a relay takes WebSockets."""
URL_MAX = 512
"""Characters: longer is no address that anybody typed."""

_TLS_PORT = 443
_BRACKETS = re.compile(r"[^\[\]]*|\[[^\[\]]*\](:[0-9]+)?")
"""Brackets stand around a whole IPv6 address or nowhere."""
_HOST_MAX, _LABEL_MAX = 253, 63  # RFC 1035
_HOST_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")


def normal_relay_url(text: str) -> str:
    """`text` as `ws://host:port/path` or `wss://host[:port]/path`.

    Takes such a URL, or just `host[:port]`: then this machine is reached by ws and every other by wss.
    Without a path it is `/ws`; without a port 7345 for ws, 443 for wss. Normalising twice changes nothing.
    Raises ValueError with one sentence for a person.
    """
    text = text.strip()
    if not text:
        raise ValueError("The relay's address is empty.")
    if len(text) > URL_MAX or not text.isprintable() or any(char in ' "<>\\^`{|}' for char in text):
        raise ValueError("The relay's address holds characters that no address has, or is too long.")
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    if scheme.lower() not in ("", "ws", "wss"):
        raise ValueError("A relay's address begins with ws:// or wss://, or is just host:port.")
    for mark, what in (("@", "a user name or password"), ("#", "a # part"), ("?", "a ? part")):
        if mark in rest:
            raise ValueError(f"A relay's address cannot hold {what}.")
    host, port, path = _split(rest)
    secure = scheme.lower() == "wss" if scheme else not is_loopback(host)
    shown = f"[{host}]" if ":" in host else host
    if port is None:
        port = _TLS_PORT if secure else DEFAULT_PORT
    place = shown if secure and port == _TLS_PORT else f"{shown}:{port}"
    return f"{'wss' if secure else 'ws'}://{place}{PATH if path in ('', '/') else path}"


def normal_relay_urls(text: str) -> str:
    """Several such addresses with blanks or commas between, each once, as URLs with blanks between.

    Raises ValueError for none, for more than RELAYS_MAX, and like `normal_relay_url`.
    """
    found = dict.fromkeys(map(normal_relay_url, text.replace(",", " ").split() or [""]))
    if len(found) > RELAYS_MAX:
        raise ValueError(f"A room has at most {RELAYS_MAX} relays.")
    return " ".join(found)


def is_loopback(host: str) -> bool:
    """Whether `host` (name or address, without brackets) is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def shown_host(url: str) -> str:
    """The `host[:port]` of a normal relay URL, for sentences."""
    return urlsplit(url).netloc


def _split(rest: str) -> tuple[str, int | None, str]:
    """Host (lower case, ASCII), port, path of `host[:port][/path]`."""
    bad = ValueError("The relay's address cannot be read: it looks like relay.example.org or host:7345.")
    if rest.count(":") > 1 and not rest.startswith("["):
        raise ValueError("An IPv6 address needs brackets, as in [2001:db8::1]:7345.")
    try:
        parts = urlsplit("//" + rest)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise bad from None
    if port == 0 or parts.netloc.endswith(":") or not _BRACKETS.fullmatch(parts.netloc):
        raise bad
    if not parts.path.isascii():
        raise ValueError("The path of a relay's address is plain ASCII.")
    if ":" in host:
        try:
            return ip_address(host).compressed, port, parts.path
        except ValueError:
            raise bad from None
    return _plain_host(host, bad), port, parts.path


def _plain_host(host: str, bad: ValueError) -> str:
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise bad from None
    host = host.lower()
    labels = host.removesuffix(".").split(".")
    if len(host) > _HOST_MAX or not all(0 < len(label) <= _LABEL_MAX for label in labels):
        raise bad
    if not set(host) <= _HOST_CHARS:
        raise bad
    if labels[-1].isdigit():
        # All digits at the end: only a whole IPv4 address is meant by that.
        try:
            ip_address(host)
        except ValueError:
            raise bad from None
    return host
