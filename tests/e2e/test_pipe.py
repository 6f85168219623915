"""Whole programs that talk to each other: processes, disks, the relay of this machine, WebRTC on 127.0.0.1."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from tests.cli.program import LIMIT_S, environment, run, run_in_shell
from tests.e2e.pipes import Pipe, homes
from tests.machine import free_port

pytestmark = pytest.mark.slow


async def linked(*pipes: Pipe) -> None:
    """Until each sees each other one over a link of its own."""
    people = [(await pipe.until("ready"))["me"] for pipe in pipes]
    for pipe, me in zip(pipes, people, strict=True):
        for other in people:
            if other != me:
                await pipe.until("synced", peer=other)


async def test_two_talk(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana", "bo"), free_port()
    async with Pipe(home["ana"], port) as ana, Pipe(home["bo"], port) as bo:
        await linked(ana, bo)
        ready = ana.events[0]
        assert (ready["event"], ready["room"], ready["name"]) == ("ready", "garden", "ana")
        assert (bo.events[0]["room_id"], bo.events[0]["words"]) == (ready["room_id"], ready["words"])
        seen = await ana.until("peer", name="bo", state="online", path="lan")
        assert seen["peer"] == bo.events[0]["me"]
        await ana.until("signaling", state="dormant")

        await ana.do("typing", on=True)
        await bo.until("typing", peer=ready["me"], on=True)
        said = await ana.say("hello, bo\nsecond line 🎉")
        heard = await bo.until("message", id=said["id"])
        assert (heard["text"], heard["author"], heard["name"]) == (said["text"], ready["me"], "ana")
        assert (heard["mine"], heard["backfill"], heard["at"]) == (False, False, said["at"])
        await bo.until("typing", peer=ready["me"], on=False)
        assert await ana.until("holders", id=said["id"]) == {
            "event": "holders",
            "id": said["id"],
            "holders": 1,
            "of": 1,
        }

        answer = await bo.say("hello, ana", reply_to=said["id"])
        assert (await ana.until("message", id=answer["id"]))["reply_to"] == said["id"]
        await bo.do("react", id=said["id"], emoji="👍", on=True)
        await ana.until("reaction", id=said["id"], author=bo.events[0]["me"], emoji="👍", on=True)
        await bo.do("edit", id=answer["id"], text="hello, Ana")
        await ana.until("edited", id=answer["id"], text="hello, Ana")
        await bo.do("retract", id=answer["id"])
        await ana.until("retracted", id=answer["id"])
        await bo.do("name", name="Bo the second")
        await ana.until("peer", name="Bo the second")
        await bo.until("room", name="Bo the second")
        await bo.do("status", text="pruning")
        await bo.do("colour", colour="#ff0000")
        await ana.until("peer", status="pruning", colour="#ff0000")
        await bo.do("topic", text="apples")
        await ana.until("room", topic="apples")

        assert await bo.finish() == 0
        await ana.until("peer", peer=bo.events[0]["me"], state="offline")
        assert await ana.finish() == 0
        assert ana.notes == bo.notes == b""


async def test_what_becomes_of_a_line_is_known_by_its_tag(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana", "bo"), free_port()
    async with Pipe(home["ana"], port) as ana, Pipe(home["bo"], port) as bo:
        await linked(ana, bo)
        me, him = ana.events[0]["me"], bo.events[0]["me"]
        for number in range(5):
            await ana.do("say", text="the same", **({"tag": f"s{number}"} if number != 2 else {}))
        said = [await ana.until("message", mine=True, tag=f"s{number}") for number in (0, 1, 3, 4)]
        assert len({each["id"] for each in said}) == 4 and len(ana.all("message", mine=True)) == 5
        assert said == sorted(said, key=lambda each: ana.events.index(each))
        first = said[0]["id"]
        await ana.do("edit", id=first, text="another", tag="e1")
        await ana.do("edit", id=first, text="another", tag="e2")
        await ana.do("react", id=first, emoji="👍", tag="r")
        await ana.do("retract", id=first, tag="x")
        await ana.until("retracted", id=first, tag="x")
        await ana.until("reaction", id=first, author=me, tag="r")
        assert [each["tag"] for each in ana.all("edited", id=first)] == ["e1", "e2"]
        heard = await bo.say("bo is heard")
        await ana.until("message", id=heard["id"])
        for number, (what, fields) in enumerate(
            (
                ("status", {"text": "busy"}),
                ("alias", {"peer": him, "alias": "Robert"}),
                ("mute", {"peer": him}),
                ("ignore", {"peer": him}),
                ("react", {"id": heard["id"], "emoji": "👍"}),
                ("keep", {"keep": "30d"}),
                ("lan", {"on": False}),
                ("relay", {"url": "ws://127.0.0.1:9"}),
                ("relay", {"url": ""}),
                ("retry", {}),
            )
        ):
            await ana.do(what, tag=f"d{number}", **fields)
            await ana.until("done", tag=f"d{number}")
        for number, (what, fields) in enumerate(
            (
                ("ignore", {"peer": "00" * 32}),
                ("keep", {"keep": "some"}),
                ("relay", {"url": "ftp://x"}),
                ("edit", {"id": heard["id"], "text": "mine now"}),
                ("dance", {}),
            )
        ):
            await ana.do(what, tag=f"p{number}", **fields)
            await ana.until("problem", tag=f"p{number}")
        await bo.say("bo is not heard")
        await bo.until("holders")
        await ana.do("history", limit=1, tag="h")
        page = await ana.until("history", tag="h")
        assert (page["count"], page["more"]) == (0, True)
        await ana.do("history", limit=2, before=page["before"], tag="older")
        assert (await ana.until("history", tag="older"))["more"] is True
        await ana.do("leave")
        assert await ana.end() == 1


async def test_a_bad_line_is_said_and_harms_nothing(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana"), free_port()
    async with Pipe(home["ana"], port, "--wait", "0") as ana:
        await ana.write(b"no json\n")
        await ana.do("dance")
        await ana.do("say", text="x" * 8193)
        await ana.write(b'{"do":"say","text":"' + b"x" * 100_000 + b'"}\n')
        await ana.do("edit", id="00" * 32, text="x")
        await ana.do("say", text=" ")
        await ana.say("still here")
        problems = ana.all("problem", code="bad-command")
        assert [problem["text"].split()[1] for problem in problems] == ["1", "2", "3", "4", "5"]
        assert [problem["line"] for problem in problems] == [1, 2, 3, 4, 5]
        assert [problem["text"][:7] for problem in ana.all("problem", code="refused")] == ["Line 6 "]
        await ana.do("history", limit=10)
        assert (await ana.until("message", backfill=True))["text"] == "still here"
        assert [each["text"] for each in ana.all("message", backfill=False)] == ["still here"]
        await ana.until("history", count=1, more=False)
        await ana.say("once more")
        await ana.do("history", before=ana.all("message", text="once more")[0]["id"], limit=1)
        await ana.do("history", before=ana.all("message", text="still here")[0]["id"])
        await ana.until("history", count=0, more=False)
        assert [each["text"] for each in ana.all("message", backfill=True)] == ["still here", "still here"]
        assert await ana.finish() == 1  # one thing that could be written was not


async def test_alone_it_says_that_nobody_has_it(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana"), free_port()
    async with Pipe(home["ana"], port, "--wait", "0.5") as ana:
        await ana.say("is anybody there?")
        assert await ana.finish() == 3
    async with Pipe(home["ana"], port, "--wait", "60") as ana:
        await ana.until("ready")
        assert await ana.finish() == 0  # nothing was written in this run


async def test_end_of_input_waits_for_somebody(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana", "bo"), free_port()
    async with Pipe(home["ana"], port, "--wait", "50") as ana:
        await ana.say("for bo")
        ending = asyncio.create_task(ana.finish())
        async with Pipe(home["bo"], port) as bo:
            heard = await bo.until("message", text="for bo")
            assert heard["backfill"] is True  # written before bo began
            assert await ending == 0
            assert await bo.finish() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_it_with_a_goodbye(tmp_path: Path, number: signal.Signals) -> None:
    home, port = homes(tmp_path, "ana", "bo"), free_port()
    async with Pipe(home["ana"], port) as ana, Pipe(home["bo"], port) as bo:
        await linked(ana, bo)
        ana.process.send_signal(number)
        assert await ana.end() == 0
        await bo.until("peer", peer=ana.events[0]["me"], state="offline")
        await bo.do("say", text="too late")
        await bo.until("message", text="too late")
        await bo.do("leave")
        assert await bo.end() == 3


def test_it_survives_its_terminal_where_that_was_asked_for(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    pipe = f"{sys.executable} -m p2pchat_tui pipe garden --json --wait 0"
    with subprocess.Popen(
        ["/bin/sh", "-c", f"trap '' HUP; exec {pipe}"],  # as nohup does
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        assert '"ready"' in process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.stdin.write('{"do":"say","text":"still here"}\n')
        process.stdin.close()
        assert "still here" in process.stdout.read()
        assert process.wait(LIMIT_S) == 3


async def test_a_common_friend_carries_what_the_author_cannot(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana", "bo", "cy"), free_port()
    async with Pipe(home["cy"], port) as cy:
        async with Pipe(home["ana"], port) as ana:
            await linked(ana, cy)
            author = ana.events[0]["me"]
            said = [(await ana.say(f"line {number}"))["id"] for number in range(5)]
            assert await ana.finish() == 0
        await cy.until("peer", peer=author, state="offline")
        async with Pipe(home["bo"], port) as bo:
            for entry in said:
                heard = await bo.until("message", id=entry)
                assert (heard["author"], heard["name"], heard["backfill"]) == (author, "ana", True)
            assert await bo.finish() == 0
        assert await cy.finish() == 0


async def test_killed_in_the_middle_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    home, port = homes(tmp_path, "ana", "bo"), free_port()
    async with Pipe(home["bo"], port) as bo:
        async with Pipe(home["ana"], port) as ana:
            await linked(ana, bo)
            for number in range(200):
                await ana.do("say", text=f"line {number}")
            await ana.until("message", mine=True, text="line 40")
            await ana.kill()
            promised = [each["id"] for each in ana.all("message", mine=True)]
        assert len(promised) > 40
        async with Pipe(home["ana"], port) as ana:
            await linked(ana, bo)
            after = await ana.say("back again")
            await ana.do("history", limit=1000)
            await ana.until("message", id=after["id"], backfill=True)
            kept = [each["id"] for each in ana.all("message", backfill=True)]
            assert set(promised) <= set(kept)
            texts = [each["text"] for each in ana.all("message", backfill=True)]
            written = len(texts) - 1
            assert texts == [*(f"line {number}" for number in range(written)), "back again"]
            assert await ana.finish() == 0
        for entry in kept:
            await bo.until("message", id=entry)
        heard = [each["id"] for each in bo.all("message")]
        assert sorted(heard) == sorted(kept)
        assert await bo.finish() == 0


async def test_five_in_one_room(tmp_path: Path) -> None:
    names = ("ana", "bo", "cy", "dee", "eli")
    home, port = homes(tmp_path, *names), free_port()
    async with AsyncExitStack() as stack:
        pipes = [await stack.enter_async_context(Pipe(home[name], port)) for name in names]
        await linked(*pipes)
        said = [await pipe.say(f"hello from {pipe.name}") for pipe in pipes]
        for pipe in pipes:
            for message in said:
                heard = await pipe.until("message", id=message["id"])
                assert (heard["text"], heard["author"]) == (message["text"], message["author"])
        for pipe, message in zip(pipes, said, strict=True):
            await pipe.until("holders", id=message["id"], holders=4, of=4)
        assert await asyncio.gather(*(pipe.finish() for pipe in pipes)) == [0] * 5


@contextmanager
def relay(home: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A relay of its own on a free port: its URL and its process."""
    with subprocess.Popen(
        [sys.executable, "-m", "p2pchat_tui", "relay", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(home),
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


async def test_the_relay_may_die_in_mid_chat(tmp_path: Path) -> None:
    home = homes(tmp_path, "ana", "bo")
    with relay(tmp_path / "relay") as (url, process):
        options = ("--relay", url)
        async with Pipe(home["ana"], 0, *options) as ana, Pipe(home["bo"], 0, *options) as bo:
            await linked(ana, bo)
            process.kill()
            process.wait(LIMIT_S)
            await ana.until("signaling", state="lost", url=url)
            said = await ana.say("the relay is dead")
            await bo.until("message", id=said["id"])
            await ana.until("holders", id=said["id"], holders=1)
            assert await ana.finish() == 0
            assert await bo.finish() == 0


def test_plain_lines_from_a_file_and_the_null_device(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    done = run(tmp_path, "pipe", "garden", "--wait", "0", given="one\n\ntwo\n" + "x" * 9000 + "\n")
    assert done.returncode == 1  # one line was not sent
    assert done.stdout == ""
    assert "Line 4 " in done.stderr and "9,000 bytes" in done.stderr
    with open(os.devnull) as null:
        done = subprocess.run(
            [sys.executable, "-m", "p2pchat_tui", "pipe", "garden", "--json"],
            stdin=null,
            capture_output=True,
            text=True,
            env=environment(tmp_path),
            timeout=LIMIT_S,
            check=False,
        )
    assert done.returncode == 0
    assert '"event":"ready"' in done.stdout and done.stdout.endswith('{"event":"bye","code":0}\n')


def test_a_closed_standard_input(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    done = run_in_shell(tmp_path, "pipe garden --json <&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("output", [">&-", ">/dev/full"])
def test_what_is_written_is_sent_though_nobody_reads(tmp_path: Path, output: str) -> None:
    run(tmp_path, "new", "garden")
    done = run_in_shell(tmp_path, f"pipe garden --json --wait 0 {output}", given='{"do":"say","text":"hello"}\n')
    assert (done.returncode, done.stderr) == (3, "")
    assert "hello" in run(tmp_path, "export", "garden").stdout


def test_it_ends_when_nobody_reads_and_tells_that_it_was_cut_short(tmp_path: Path) -> None:
    run(tmp_path, "new", "garden")
    with subprocess.Popen(
        [sys.executable, "-m", "p2pchat_tui", "pipe", "garden", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(tmp_path),
    ) as process:
        assert process.stdin and process.stdout
        process.stdout.close()
        assert process.wait(LIMIT_S) == 1


@pytest.mark.parametrize(("given", "code"), [("", 0), ("hello\n", 3)])
def test_a_reader_that_has_gone(tmp_path: Path, given: str, code: int) -> None:
    run(tmp_path, "new", "garden")
    reading, writing = os.pipe()
    os.close(reading)
    form = ["--json"] if not given else []
    done = subprocess.run(
        [sys.executable, "-m", "p2pchat_tui", "pipe", "garden", "--wait", "0", *form],
        input=given.encode(),
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
        timeout=LIMIT_S,
        check=False,
    )
    os.close(writing)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr and b"Broken" not in done.stderr
