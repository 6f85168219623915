"""The folder of a profile: locked for as long as it is open, with an identity that is made once and never replaced.

    HOME/profiles/NAME/    identity.key (0600, 64 hex digits) · rooms.db · name · lock

A profile that is open in another window gives way to a guest: HOME/profiles/NAME-guest-1, -2, …, each with an
identity of its own, since two programs that write as one author would fork that author's log.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ..session.catalogue import proposed_name
from ..ssc.identity import SEED_BYTES, Identity
from ..ssc.text import clean_name
from .errors import Failure
from .private import FILE_MODE, make_private

GUESTS_MAX = 64
"""Windows of one profile at a time: more are a mistake in somebody's script."""
_NOT_NAMES = {"root", "admin", "administrator", "user", "ubuntu", "debian", "nobody", "guest", "pi"}
"""User names that say nothing about who is there."""


@dataclass(slots=True)
class ProfileFolder:
    """A profile that this process has locked; to be used with `with`, or `close`d."""

    path: Path
    name: str
    """The profile's own name, also in a guest."""
    guest: int
    """0: the profile itself; else the number of the guest."""
    _lock: int

    @property
    def database(self) -> Path:
        """Where the rooms and messages are."""
        return self.path / "rooms.db"

    @property
    def notice(self) -> str:
        """What the user must know about this profile; empty when nothing."""
        if not self.guest:
            return ""
        return (
            f'Profile "{self.name}" is open in another window, so this one is guest {self.guest}: '
            "its own identity, same rooms. People are called, marked and ignored as in the profile; "
            "what you decide about them here stays in this window."
        )

    def identity(self) -> Identity:
        """The profile's identity, made if there is none. Raises Failure when the file is damaged, OSError."""
        path = self.path / "identity.key"
        if not path.exists():
            _write_once(path, os.urandom(SEED_BYTES).hex() + "\n")
        if path.stat().st_mode & 0o077:
            path.chmod(FILE_MODE)
        with path.open("rb") as file:
            text = file.read(4 * SEED_BYTES)
        try:
            return Identity(bytes.fromhex(text.decode("ascii").strip()))
        except (UnicodeDecodeError, ValueError):
            raise Failure(
                f"{path} is damaged: put a backup in its place, or move it away to begin with a new identity."
            ) from None

    def saved_name(self) -> str:
        """What the profile was called when it was last used; empty when never."""
        try:
            with (self.path / "name").open(encoding="utf-8", errors="replace") as file:
                return clean_name(file.read(200))
        except FileNotFoundError:
            return ""

    def save_name(self, name: str) -> None:
        """Remember what the profile is called. Raises OSError."""
        if name and name != self.saved_name():
            _replace(self.path / "name", name + "\n")

    def close(self) -> None:
        """Let others have the profile. May be called twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_folder(home: Path, name: str) -> ProfileFolder | None:
    """Lock the profile itself; None when it is open elsewhere. Raises OSError."""
    return _open(home, name, name, 0)


def open_folder_or_guest(home: Path, name: str) -> ProfileFolder:
    """Lock the profile, or the first free guest of it. Raises Failure when there are too many, OSError."""
    for guest in range(GUESTS_MAX + 1):
        folder = _open(home, name, f"{name}-guest-{guest}" if guest else name, guest)
        if folder:
            return folder
    raise Failure(f'Profile "{name}" is open in {GUESTS_MAX} windows already: close some.')


def proposed_nickname(entropy: Callable[[int], bytes]) -> str:
    """What to call somebody who has not said: the user name on this computer, or two words."""
    try:
        user = clean_name(getpass.getuser())
    except (KeyError, OSError, ImportError):
        user = ""
    return user if user and user.casefold() not in _NOT_NAMES else proposed_name(entropy)


def _open(home: Path, name: str, folder_name: str, guest: int) -> ProfileFolder | None:
    path = home / "profiles" / folder_name
    make_private(path)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    return ProfileFolder(path, name, guest, lock)


def _write_once(path: Path, text: str) -> None:
    """Put a whole file at `path`, which must not exist, on the disk for good. Raises OSError."""
    temporary = _write_beside(path, text)
    try:
        os.link(temporary, path)  # unlike a rename, this cannot replace what is there
    finally:
        temporary.unlink()
    _sync_folder(path.parent)


def _replace(path: Path, text: str) -> None:
    os.replace(_write_beside(path, text), path)


def _write_beside(path: Path, text: str) -> Path:
    temporary = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()  # left by a crash; the lock says that nobody is writing it
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
