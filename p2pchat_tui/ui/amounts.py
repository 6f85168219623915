"""Pure helpers for amounts: how long, how long until, how much."""

from __future__ import annotations


def span_text(ms: int) -> str:
    """How long: `12 s`, `4 min`, `2 h 5 min`, `3 days`; coarse enough that it seldom reads differently."""
    seconds = max(0, ms) // 1000
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min"
    if seconds < 172_800:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"
    return f"{seconds // 86_400} days"


def seconds_until(at_ms: int, now_ms: int) -> int:
    """Whole seconds until `at_ms`, as a countdown shows them: 1 until it is there."""
    return max(0, at_ms - now_ms) // 1000 + 1


def size_text(count: int) -> str:
    """`812 B`, `12.4 kB`, `3.1 MB`."""
    if count < 1000:
        return f"{count} B"
    kilo = count / 1000
    return f"{kilo:.1f} kB" if kilo < 999.95 else f"{kilo / 1000:.1f} MB"
