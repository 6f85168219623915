"""Makes pictures the same everywhere: Textual reads these variables once, when it is imported."""

from __future__ import annotations

import os

for _name in [name for name in os.environ if name == "NO_COLOR" or name.startswith("TEXTUAL")]:
    del os.environ[_name]
