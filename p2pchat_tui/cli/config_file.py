"""Writes one setting into config.toml, line by line: comments, order and what else is in there stay as they are."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from ..config import CONFIG_MAX, ConfigError
from .private import FILE_MODE, make_private

_TABLE = re.compile(r"\s*\[")
_VALUE = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\[{]+)(\s*(?:#.*)?)$""")


def with_value(text: str, key: str, value: str | int | bool) -> str:
    """`text` with `key` set to `value`, outside of any table. Raises ConfigError when that cannot be done safely."""
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise ConfigError("config.toml is not valid TOML, so nothing was written into it: mend it first.") from None
    line = f"{key} = {_written(value)}"
    for changed in (_replaced(text, key, line), _added(text, line)):
        # The proof is in the reading: nothing but this key may read differently.
        if changed is not None and _reads_as(changed, {**before, key: value}):
            return changed
    raise ConfigError(f'"{key}" stands in config.toml in a way that only a person should change: write {line} there.')


def save_value(path: Path, key: str, value: str | int | bool) -> None:
    """Write it into the file at `path`, which is made if need be and is whole at any moment. Raises ConfigError."""
    try:
        path = path.resolve()  # a link into somebody's dotfiles stays one
        make_private(path.parent)
        try:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read(CONFIG_MAX + 1)
            mode = path.stat().st_mode & 0o777
        except FileNotFoundError:
            text, mode = "", FILE_MODE
        if len(text) > CONFIG_MAX:
            raise ConfigError("config.toml is too long to be changed here: write it there by hand.")
        changed = with_value(text, key, value)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(changed)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except UnicodeDecodeError:
        raise ConfigError(
            "config.toml is no UTF-8 text, so nothing was written into it: save it as UTF-8 first."
        ) from None
    except OSError as error:
        raise ConfigError(f"config.toml cannot be written ({error.strerror}), so this holds until you leave.") from None


def _replaced(text: str, key: str, line: str) -> str | None:
    lines = text.splitlines(keepends=True)
    begins = re.compile(rf"\s*(?:{re.escape(key)}|\"{re.escape(key)}\")\s*=\s*")
    for index, old in enumerate(lines):
        if _TABLE.match(old):
            return None
        if head := begins.match(old):
            body = old.rstrip("\r\n")
            if value := _VALUE.match(body, head.end()):
                lines[index] = line + value.group(2) + old[len(body) :]
                return "".join(lines)
    return None


def _added(text: str, line: str) -> str:
    """After the last line before the first table that is neither empty nor a comment."""
    lines = text.splitlines(keepends=True)
    end = next((index for index, old in enumerate(lines) if _TABLE.match(old)), len(lines))
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")) and end < len(lines):
        end -= 1
    newline = "\r\n" if "\r\n" in text else "\n"
    if end and not lines[end - 1].endswith("\n"):
        lines[end - 1] += newline
    return "".join([*lines[:end], line + newline, *lines[end:]])


def _reads_as(text: str, wanted: dict[str, object]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _written(value: str | int | bool) -> str:
    """`value` in TOML: JSON's way to write these is also TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
