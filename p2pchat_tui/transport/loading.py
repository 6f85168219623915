"""Makes a Mesh without stopping the loop: aiortc and what it brings along take most of a second to import."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..ports.ice import IceServer
from .limits import OPEN_S

if TYPE_CHECKING:
    from .mesh import Mesh


async def load_mesh(
    ice_servers: Sequence[IceServer] = (),
    addresses: Sequence[str] | None = None,
    *,
    loopback: bool = False,
    relay_only: bool = False,
    deadline: float = OPEN_S,
) -> Mesh:
    """Import the network stack in a thread, then make the Mesh; the parameters are those of Mesh."""
    module = await asyncio.to_thread(importlib.import_module, ".mesh", __package__)
    mesh: Mesh = module.Mesh(ice_servers, addresses, loopback=loopback, relay_only=relay_only, deadline=deadline)
    return mesh
