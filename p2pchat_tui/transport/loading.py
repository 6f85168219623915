"""Makes a Mesh without stopping the loop: aiortc and what it brings along take most of a second to import."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from ..collector import code_loading
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
    name = f"{__package__}.mesh"
    if name in sys.modules:
        return importlib.import_module(name)  # waits where another room's thread is still in the middle of it
    with code_loading():
        return importlib.import_module(name)
