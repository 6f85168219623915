"""The shape of the package: who may import whom, what a bare command loads, and that the tools agree."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def tool(*command: str) -> None:
    env = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    tool("-m", "ruff", "check", "--no-cache", "--quiet", ".")


def test_the_code_is_formatted() -> None:
    tool("-m", "ruff", "format", "--no-cache", "--check", "--quiet", ".")


@pytest.mark.slow
def test_mypy_finds_nothing(tmp_path: Path) -> None:
    tool("-m", "mypy", "--cache-dir", str(tmp_path))


def test_imports_fall_one_way() -> None:
    tool("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))")


OUTSIDE = {"textual", "aiortc", "aioice", "av", "websockets", "aiosqlite", "sqlite3", "zeroconf", "ifaddr"}
MAY_LOAD = {
    "p2pchat_tui": set(),
    "p2pchat_tui.__main__": set(),
    "p2pchat_tui.config": set(),
    "p2pchat_tui.ssc.replica": set(),
    "p2pchat_tui.ports.signaling": set(),
    "p2pchat_tui.ports.store": set(),
    "p2pchat_tui.ports.transport": set(),
    "p2pchat_tui.session.profile": set(),
    "p2pchat_tui.store.sqlite": {"aiosqlite", "sqlite3"},
    "p2pchat_tui.store.memory": {"sqlite3"},
    "p2pchat_tui.transport.memory": set(),
    "p2pchat_tui.transport.loading": set(),
    "p2pchat_tui.signaling.client": {"websockets"},
    "p2pchat_tui.signaling.lan": set(),
    "p2pchat_tui.signaling.lan_mdns": {"zeroconf", "ifaddr"},
    "p2pchat_tui.ui.app": {"textual"},
    "p2pchat_tui.cli.app": set(),
    "p2pchat_tui.cli.compose": {"aiosqlite", "sqlite3"},
    "p2pchat_tui.cli.listing": {"aiosqlite", "sqlite3"},
    "p2pchat_tui.cli.rooms": {"aiosqlite", "sqlite3"},
    "p2pchat_tui.cli.pipe": {"aiosqlite", "sqlite3"},
}


@pytest.mark.parametrize("module", sorted(MAY_LOAD))
def test_each_layer_loads_what_it_may_and_no_more(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({OUTSIDE!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= MAY_LOAD[module], done.stdout


def test_the_core_reads_no_clock_and_draws_no_chance() -> None:
    """What import contracts cannot see: a clock reached through another module."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, p2pchat_tui.ssc.replica; "
            "print([n for n, m in sys.modules.items() if n.startswith('p2pchat_tui.ssc') "
            "and {'time', 'random', 'asyncio', 'os', 'secrets'} & set(vars(m))])",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_every_test_folder_is_found() -> None:
    """A test file whose name pytest does not collect would be a test that cannot fail."""
    strays = [
        path
        for path in (ROOT / "tests").rglob("*.py")
        if "def test_" in path.read_text() and not path.name.startswith("test_") and path.parent.name != "contracts"
    ]
    assert strays == []
    assert importlib.util.find_spec("tests.helpers") is not None
