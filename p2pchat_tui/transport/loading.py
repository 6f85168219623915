"""Makes a Mesh without stopping the loop: aiortc and what it brings along take most of a second to import."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType
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
    module = await asyncio.to_thread(_import_mesh)
    mesh: Mesh = module.Mesh(ice_servers, addresses, loopback=loopback, relay_only=relay_only, deadline=deadline)
    return mesh


def _import_mesh() -> ModuleType:
    is_first = f"{__package__}.mesh" not in sys.modules
    module = importlib.import_module(".mesh", __package__)
    if is_first:
        # All code is loaded now, and stays. Looking through it for garbage takes 50 ms, in which the loop stands still,
        # and that fell into the first seconds of a link, when many objects are made.
        gc.freeze()
    return module
