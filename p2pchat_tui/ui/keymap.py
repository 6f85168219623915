"""Keys of one's own: what of a keymap cannot be what was meant, and how keys are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from textual.binding import Binding
from textual.keys import _character_to_key

NAMES = {"plus": "+", "escape": "Esc", "pageup": "PageUp", "pagedown": "PageDown"}


def key_name(key: str) -> str:
    """A key as people read it: `Ctrl+P`, `PageUp`."""
    return NAMES.get(key) or "+".join(part.capitalize() for part in key.split("+"))


def keys_of(binding: Binding, keymap: Mapping[str, str]) -> list[str]:
    """The keys that do what `binding` is for."""
    keys = (keymap.get(binding.id or "") or binding.key).split(",")
    return [_character_to_key(key.strip()) if len(key.strip()) == 1 else key.strip() for key in keys]


def replaced(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> dict[str, str]:
    """For the name of each key that was given another place: the names of those that do now what it did."""
    changed = [binding for binding in bindings if keymap.get(binding.id or "")]
    now = {binding.id: ", ".join(key_name(key) for key in keys_of(binding, keymap)) for binding in changed}
    return {key_name(key): now[binding.id] for binding in changed for key in keys_of(binding, {})}


def troubles(keymap: Mapping[str, str], scopes: Sequence[Sequence[Binding]]) -> list[str]:
    """What is wrong with `keymap`, in sentences. `scopes`: bindings that are in force together."""
    known = {binding.id: binding for scope in scopes for binding in scope if binding.id}
    found: list[str] = []
    for name in keymap:
        if name not in known:
            near = get_close_matches(name, [each for each in known if each], n=1, cutoff=0.3)
            hint = f" Did you mean {near[0]}?" if near else ""
            found.append(f"The keymap has {name}, which is no key of this program.{hint}")
    for scope in scopes:
        for binding in scope:
            for other in scope:
                if binding.id in keymap and other.id != binding.id and _clash(binding, other, keymap):
                    both = " and ".join(sorted((binding.id or "", other.id or "")))
                    found.append(f"The keymap gives {both} the same key: only one of them can have it.")
    return list(dict.fromkeys(found))


def _clash(one: Binding, other: Binding, keymap: Mapping[str, str]) -> bool:
    """Whether the keymap gives them a key that they do not share without it."""
    shared = {*keys_of(one, keymap)} & {*keys_of(other, keymap)}
    return bool(shared - ({*keys_of(one, {})} & {*keys_of(other, {})}))
