"""Judges what was seen at relays: whether they can be used, who is in the room, and whose clock is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from .findings import Finding, fail, ok, skip, warn
from .visit import Visit

CLOCK_FAIL_MS = 10 * 60 * 1000
"""What is stamped further ahead is not taken in by others, and on a LAN nobody is found."""
CLOCK_WARN_MS = 30 * 1000

_TEXTS = {
    "tls-expired": (
        "The certificate of {host} has expired.",
        "Tell whoever runs the relay to renew it; and check the date of this machine.",
    ),
    "tls-not-yet-valid": ("The certificate of {host} is not valid yet.", "Check the date of this machine."),
    "tls-wrong-host": (
        "The certificate of {host} is for another host.",
        "Check the relay's address: it must be the name that is in its certificate.",
    ),
    "tls-unknown-ca": (
        "The certificate of {host} is signed by nobody whom this machine trusts.",
        "Let the relay use one of a public authority, or set SSL_CERT_FILE to the authority's certificate.",
    ),
    "tls-untrusted": (
        "The certificate of {host} is no good for a server.",
        "Tell whoever runs the relay: it needs one that is made for TLS servers, with a key of today's strength.",
    ),
    "tls-wanted": ("{host} speaks TLS only.", "Use wss:// in place of ws:// in the relay's address."),
    "tls-none": (
        "{host} does not speak TLS.",
        "Check the port, or use ws:// in place of wss:// if the relay has no certificate.",
    ),
    "relay-old": ("The relay at {host} is too old for this program.", "Ask its owner to update it."),
    "program-old": ("This program is too old for the relay at {host}.", "Update it."),
}


def judge_relay(visit: Visit) -> Finding:
    """Whether one relay can be used."""
    if visit.code == "ok":
        return ok("relay", f"The relay at {visit.host} lets us in.")
    if visit.code in _TEXTS:
        what, do = _TEXTS[visit.code]
        return fail("relay", visit.code, what.format(host=visit.host), do)
    what, _, do = visit.said.partition(": ")
    return fail(
        "relay", visit.code, what.rstrip(".") + ".", do[:1].upper() + do[1:] or "Try again, or use another relay."
    )


def judge_room(name: str, words: str, visits: Sequence[Visit]) -> Finding:
    """Who is in the room."""
    there = [visit for visit in visits if visit.code == "ok"]
    if not words:
        return skip("room", "no-room", "No room was looked into.", "Name a saved one: `p2pchat-tui doctor ROOM`.")
    if not visits:
        return skip(
            "room",
            "no-relay",
            f"{name} names no relay, so only this machine and the LAN can be looked at.",
            "Add --relay URL.",
        )
    if not there:
        return skip("room", "relay-failed", f"Nobody can be looked for in {name} while no relay lets us in.")
    if any(visit.opened for visit in there):
        return ok("room", f"Somebody is in {name}, and their signals open with its key ({words}).")
    if any(visit.unreadable for visit in there):
        return fail(
            "room",
            "signals-unreadable",
            f"Somebody is in {name}, but their signals do not open with its key.",
            f"Compare the room words, yours are {words}: if they differ, one of you mistyped; else update.",
        )
    if any(visit.others for visit in there):
        return warn(
            "room",
            "signals-missing",
            f"Somebody is in {name}, but did not introduce themselves.",
            "Wait a little and try again; if it stays so, let them restart their program.",
        )
    return warn(
        "room",
        "nobody",
        f"Nobody else is in {name} at the moment.",
        f"Let the others open it, and compare the room words: yours are {words}.",
    )


def judge_clock(visits: Sequence[Visit]) -> Finding:
    """Whether this machine's clock agrees with those of relays on other machines."""
    known = [visit for visit in visits if visit.ahead_ms is not None]
    if not known:
        return skip("clock", "unknown", "There is no other clock to compare this machine's with.")
    # One relay may be wrong; the one that agrees best is believed.
    best = min(known, key=lambda visit: abs(visit.ahead_ms or 0))
    ahead = best.ahead_ms or 0
    off = f"{span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'}"
    what = f"This machine's clock is {off} that of {best.host}."
    do = "Set the clock of this machine, or let it be set by the network (NTP)."
    if abs(ahead) > CLOCK_FAIL_MS:
        return fail("clock", "clock-wrong", what, do)
    if abs(ahead) > CLOCK_WARN_MS:
        return warn("clock", "clock-off", what, do)
    note = ", which is on this machine" if _is_here(best.url) else ""
    return ok("clock", f"The clock agrees with that of {best.host}{note}.")


def span(milliseconds: int) -> str:
    """For sentences."""
    seconds = milliseconds // 1000
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} seconds"


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
