"""Private group chat in the terminal: no account, and no server that can read it."""

__version__ = "0.1.0"
