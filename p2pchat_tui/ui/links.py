"""Links in what others wrote: which may be clicked, and what a reader must see so that none can lie."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

SCHEMES = ("http", "https", "mailto")
"""What a link may begin with. Everything else (`file:`, `javascript:`, programs' own schemes) stays text."""
URL_MAX = 2_000
"""Characters of a link; terminals cut off longer ones."""

_KEPT = "%/?#[]@!$&'()*+,;=:~-._"
"""What stays as it is in a URL: its own delimiters, and what is escaped already."""
_ADDRESS = re.compile(r"[^\W_][\w-]*\.[^\W\d_]{2,}|://|^\s*(?:mailto|www)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def safe_url(url: str) -> str:
    """`url` in printable ASCII, as it may go into a terminal's sequence for links; empty when it may not.

    A host with letters beyond ASCII becomes its `xn--` form: that is what the resolver will be asked for.
    """
    if len(url) > URL_MAX or any(char <= " " or char == "\\" for char in url):
        return ""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in SCHEMES:
            return ""
        if parts.scheme.lower() == "mailto":
            if "@" not in parts.path:
                return ""
        else:
            host = parts.hostname
            if not host or not _ascii_host(host):
                return ""
            if not host.isascii():
                login, at, _ = parts.netloc.rpartition("@")
                port = f":{parts.port}" if parts.port else ""
                parts = parts._replace(netloc=f"{login}{at}{_ascii_host(host)}{port}")
        found = quote(parts.geturl(), safe=_KEPT)
    except ValueError:  # no URL at all, as urlsplit sees it
        return ""
    return found if len(found) <= URL_MAX and found.isascii() and found.isprintable() else ""


def target_text(url: str) -> str:
    """Where a safe URL leads, in few characters: its host, or the address of a letter."""
    parts = urlsplit(url)
    return parts.path if parts.scheme.lower() == "mailto" else (parts.hostname or "")


def must_name_target(url: str) -> bool:
    """Whether a safe URL, seen as it was written, may be taken for another one's: `https://bank.org@evil.org`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme.lower() != "mailto" and ("@" in parts.netloc or "xn--" in host)


def looks_like_address(label: str) -> bool:
    """Whether `label` reads like an address itself, so that it must not stand for another one."""
    return _ADDRESS.search(label) is not None


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    return host.encode("idna").decode("ascii")  # UnicodeError is a ValueError
