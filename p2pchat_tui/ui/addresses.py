"""Keeps network addresses from the screen: they say where somebody is, and a picture of the screen goes far. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address

_MAYBE = re.compile(r"\[?[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*[0-9A-Fa-f:](?:%[0-9A-Za-z]+)?(?:\](?::\d+)?)?")
HIDDEN = "address"


def hidden(text: str) -> str:
    """`text` with the word "address" in place of each IPv4 and IPv6 address, with its port."""
    return _MAYBE.sub(lambda match: HIDDEN if _is_address(match.group()) else match.group(), text)


def _is_address(text: str) -> bool:
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
