"""For all tests: what Hypothesis tries does not depend on which of them ran before."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import p2pchat_tui


def pytest_collection_finish() -> None:
    """Load the whole package: Hypothesis also tries the constants of whatever is loaded."""
    for module in pkgutil.walk_packages(p2pchat_tui.__path__, f"{p2pchat_tui.__name__}."):
        if not module.name.endswith(".__main__"):
            import_module(module.name)
