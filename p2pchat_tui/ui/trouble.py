"""What may go wrong when a session is asked for something, and is no fault of this program: shown, never swallowed."""

from __future__ import annotations

from ..session.api import CommandRefused
from ..session.catalogue import RoomError
from ..session.session import StoreError  # type: ignore[attr-defined]  # the session passes the store's errors on

TROUBLE = (CommandRefused, RoomError, StoreError)
"""Each one's text is a sentence for a person."""
