"""Which signals end a program: not those that whoever started it had it ignore."""

from __future__ import annotations

import signal


def heeded(*numbers: signal.Signals) -> tuple[signal.Signals, ...]:
    """Those of `numbers` that are not ignored already: `nohup` has a program survive its terminal."""
    return tuple(each for each in numbers if signal.getsignal(each) is not signal.SIG_IGN)
