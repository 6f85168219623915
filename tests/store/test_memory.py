"""MemoryStore does what every Store does."""

from __future__ import annotations

import pytest

from p2pchat_tui.ports.store import Store
from p2pchat_tui.store.memory import MemoryStore
from tests.contracts.store import OpenStore, StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def open_store(self) -> OpenStore:
        first = MemoryStore()

        async def open_() -> Store:
            return first.reopened()

        return open_
