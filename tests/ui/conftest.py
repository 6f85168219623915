"""Makes pictures the same everywhere: Textual reads these variables once, when it is imported."""

from __future__ import annotations

import os

# The snapshot plugin keeps its own folder in a variable of that name: it must stay.
for _name in [name for name in os.environ if name == "NO_COLOR" or name.startswith("TEXTUAL")]:
    if not _name.startswith("TEXTUAL_SNAPSHOT_"):
        del os.environ[_name]
