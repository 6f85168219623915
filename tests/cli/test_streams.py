"""Standard input and output beside an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from p2pchat_tui.cli.streams import CHUNK, LINE_MAX, OUTPUT_MAX, Lines, Output

LIMIT_S = 10


async def read_all(descriptor: int) -> list[bytes | None]:
    async with asyncio.timeout(LIMIT_S):
        return [line async for line in Lines(descriptor)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\nb", [b"a", b"", b"b"]),
        (b"x" * LINE_MAX + b"\ny", [b"x" * LINE_MAX, b"y"]),
        (b"x" * (LINE_MAX + 1) + b"\ny\n", [None, b"y"]),
        (b"x" * (5 * CHUNK) + b"\ny", [None, b"y"]),
        (b"y\n" + b"x" * (5 * CHUNK), [b"y", None]),
    ],
    ids=["empty", "two", "ends", "longest", "too long", "much too long", "too long at the end"],
)
async def test_lines_of_a_file(tmp_path: Path, data: bytes, lines: list[bytes | None]) -> None:
    (tmp_path / "input").write_bytes(data)
    descriptor = os.open(tmp_path / "input", os.O_RDONLY)
    try:
        assert await read_all(descriptor) == lines
    finally:
        os.close(descriptor)


async def test_the_null_device_and_a_descriptor_that_is_none() -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    assert await read_all(descriptor) == []
    os.close(descriptor)
    assert await read_all(descriptor) == []


@pytest.mark.parametrize("is_blocking", [True, False])
async def test_a_pipe_gives_each_line_when_it_comes(is_blocking: bool) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, is_blocking)
    lines = aiter(Lines(reading))
    async with asyncio.timeout(LIMIT_S):
        for text in (b"one", b"two"):
            os.write(writing, text + b"\n")
            assert await anext(lines) == text
        os.write(writing, b"thr")
        os.write(writing, b"ee")
        os.close(writing)
        assert await anext(lines) == b"three"
        with pytest.raises(StopAsyncIteration):
            await anext(lines)
    os.close(reading)


async def test_reading_does_not_run_ahead() -> None:
    """What nobody has asked for yet stays with whoever writes it."""
    reading, writing = os.pipe()
    written = 0
    done = threading.Event()

    def fill() -> None:
        nonlocal written
        for _ in range(64):
            written += os.write(writing, b"x\n" * (CHUNK // 2))
        os.close(writing)
        done.set()

    threading.Thread(target=fill, daemon=True).start()
    lines = aiter(Lines(reading))
    async with asyncio.timeout(LIMIT_S):
        await anext(lines)
        assert not done.is_set() and written < 16 * CHUNK
        count = 1
        async for _ in lines:
            count += 1
    assert count == 64 * CHUNK // 2
    os.close(reading)


async def test_output_keeps_its_order_and_both_streams() -> None:
    out_reading, out_writing = os.pipe()
    note_reading, note_writing = os.pipe()
    output = Output(out_writing, note_writing)
    async with asyncio.timeout(LIMIT_S):
        for number in range(200):
            await output.write(f"ä{number}")
            await output.write(f"n{number}", is_note=True)
        output.put("last")
        await output.close()
    os.close(out_writing)
    os.close(note_writing)
    data = os.read(out_reading, 1 << 16).decode()
    assert data.splitlines() == [f"ä{number}" for number in range(200)] + ["last"]
    assert os.read(note_reading, 1 << 16).decode().splitlines() == [f"n{number}" for number in range(200)]
    os.close(out_reading)
    os.close(note_reading)
    assert not output.broken.is_set()


async def test_a_reader_that_has_gone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = Output(writing)
    async with asyncio.timeout(LIMIT_S):
        await output.write("x")
        await output.broken.wait()
        for _ in range(2 * OUTPUT_MAX):
            await output.write("swallowed")
        await output.close()
    os.close(writing)


async def test_a_reader_that_sleeps_holds_up_the_writer_alone() -> None:
    reading, writing = os.pipe()
    output = Output(writing)
    line = "x" * 4096

    async def write() -> None:
        for _ in range(4 * OUTPUT_MAX):
            await output.write(line)

    writer = asyncio.create_task(write())
    received = 0
    async with asyncio.timeout(LIMIT_S):
        while output._waiting < OUTPUT_MAX:  # noqa: ASYNC110
            await asyncio.sleep(0)  # the loop runs on, the writer comes to a stop
        assert not writer.done()
        while received < 4 * OUTPUT_MAX * len(line):
            received += len(await asyncio.to_thread(os.read, reading, 1 << 20))
        await writer
        await output.close()
    os.close(reading)
    os.close(writing)
