"""Keeps Python's garbage collector away from code: there is none in it, and looking through it stops everything."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def code_loading() -> Iterator[None]:
    """Import within this, in any thread: nothing is collected meanwhile, and what is loaded is never looked through.

    All code together takes 50 ms, in which the loop stands still: in the middle of starting, or of the first words.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
