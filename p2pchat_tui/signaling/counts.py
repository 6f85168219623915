"""What a relay counts, as Prometheus' text format: numbers only, nothing about anybody."""

from __future__ import annotations

from collections import Counter

from .protocol import Refusal


class Counts:
    """Counts since the relay began."""

    def __init__(self) -> None:
        self.forwarded = 0
        """Signals passed on."""
        self.forwarded_bytes = 0
        """Their bytes, before base64."""
        self.refused: Counter[Refusal] = Counter()
        """Clients turned away or hung up on, by reason."""

    def text(self, *, rooms: int, sockets: int) -> str:
        """The page for GET /metrics."""
        lines = []
        for name, kind, value in (
            ("rooms", "gauge", rooms),
            ("sockets", "gauge", sockets),
            ("forwarded_frames_total", "counter", self.forwarded),
            ("forwarded_bytes_total", "counter", self.forwarded_bytes),
        ):
            lines += [f"# TYPE p2pchat_relay_{name} {kind}", f"p2pchat_relay_{name} {value}"]
        lines.append("# TYPE p2pchat_relay_refused_total counter")
        lines += [f'p2pchat_relay_refused_total{{reason="{one}"}} {self.refused[one]}' for one in Refusal]
        return "\n".join(lines) + "\n"
