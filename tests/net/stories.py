"""What the two people of a case do, and what is measured: real programs, told by their input, heard by their output."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tests.cli.program import environment
from tests.e2e.pipes import Event, Pipe

from .places import LAN
from .stage import Stage


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try."""

    seconds: float
    """What is measured; each story says what."""
    path: str = ""
    """How the two are linked, by the `peer` event."""
    note: str = ""


INTERFACES = (("eth0", f"{LAN}.2/24"), ("eth1", f"{LAN}.4/24"))
"""Two interfaces of ana's machine, of which one is in use."""

Story = Callable[[Stage, int], Awaitable[Outcome]]
Disturbance = Callable[[Stage, Pipe], Awaitable[None]]


async def meet(stage: Stage, number: int) -> Outcome:
    """Bo is there; ana starts and writes. Seconds: from the start of ana's program until bo reads it."""
    text = f"hello {number}"
    async with stage.pipe("bo") as bo:
        await _is_waiting(stage, bo)
        async with stage.pipe("ana") as ana:
            me = (await ana.until("ready"))["me"]
            await ana.do("say", text=text)
            heard = await bo.until("message", text=text)
            linked = await bo.when(lambda each: _is_linked(each, me), "a link")
            assert (await ana.finish(), await bo.finish()) == (0, 0)
            return Outcome(when(bo, heard) - ana.started_at, linked["path"])


async def miss(stage: Stage, number: int) -> Outcome:
    """No link is possible. Seconds: from the start of ana's program until it says why; it must end with 3."""
    async with stage.pipe("bo") as bo:
        await _is_waiting(stage, bo)
        async with stage.pipe("ana", "--wait", "1") as ana:
            await ana.until("ready")
            await ana.say(f"hello {number}")
            problem = await ana.until("problem", code="no-path")
            assert await ana.finish() == 3
            assert await bo.finish() == 0
            return Outcome(when(ana, problem) - ana.started_at, note=problem["text"])


def interrupted(disturb: Disturbance) -> Story:
    """Two are linked, then `disturb` happens, during which ana writes.

    Seconds: from the end of the disturbance until bo has read it.
    """

    async def story(stage: Stage, number: int) -> Outcome:
        text = f"in between {number}"
        async with AsyncExitStack() as stack:
            bo = await stack.enter_async_context(stage.pipe("bo"))
            await _is_waiting(stage, bo)
            ana = await stack.enter_async_context(stage.pipe("ana"))
            me = (await ana.until("ready"))["me"]
            await bo.when(lambda each: _is_linked(each, me), "a link")
            await ana.until("synced")
            told = len(bo.events)
            during = asyncio.create_task(ana.do("say", text=text))
            await disturb(stage, ana)
            over = asyncio.get_running_loop().time()
            await during
            heard = await bo.until("message", text=text)
            await ana.until("holders", holders=1)
            states = [each["state"] for each in bo.events[told:] if each["event"] == "peer"]
            now = next(each for each in reversed(bo.events) if each["event"] == "peer" and each["peer"] == me)
            assert (await ana.finish(), await bo.finish()) == (0, 0)
            note = "was seen offline meanwhile" if "offline" in states else "never seen offline"
            return Outcome(max(0.0, when(bo, heard) - over), now["path"] or "", note)

    return story


async def killed(stage: Stage, number: int) -> Outcome:
    """Ana is killed and comes back. Seconds: until bo sees her offline; the note tells the return and a clean leave."""
    async with stage.pipe("bo") as bo:
        await _is_waiting(stage, bo)
        async with stage.pipe("ana") as ana:
            me = (await ana.until("ready"))["me"]
            await bo.when(lambda each: _is_linked(each, me), "a link")
            told, died = len(bo.events), asyncio.get_running_loop().time()
            await ana.kill()
            gone = await bo.after(told, "peer", peer=me, state="offline")
        told = len(bo.events)
        async with stage.pipe("ana") as ana:
            back = await bo.after(told, "peer", peer=me, state="online")
            returned = when(bo, back) - ana.started_at
            await bo.when(lambda each: _is_linked(each, me), "a link")
            await ana.until("synced")
            told, left = len(bo.events), asyncio.get_running_loop().time()
            ana.process.send_signal(signal.SIGTERM)
            clean = await bo.after(told, "peer", peer=me, state="offline")
            assert await ana.end() == 0
        assert await bo.finish() == 0
        leave = when(bo, clean) - left
        note = f"back online {returned:.1f} s after its start; a leave seen in {leave:.2f} s"
        return Outcome(when(bo, gone) - died, note=note)


def examined(*expected: str) -> Story:
    """Ana asks `doctor`, which must tell these codes. Seconds: until it has ended; the note: what it complains of."""

    async def story(stage: Stage, number: int) -> Outcome:
        started = asyncio.get_running_loop().time()
        process = await asyncio.create_subprocess_exec(
            *stage.lab.within(stage.at["ana"]),
            *(sys.executable, "-m", "p2pchat_tui", "doctor", "garden", "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=environment(stage.folder / "ana"),
        )
        said, _ = await process.communicate()
        findings = [json.loads(line) for line in said.splitlines()]
        told = [f"{each['check']} {each['code']}" for each in findings]
        assert not set(expected) - set(told), told
        complaints = [f"{each['check']} {each['code']}" for each in findings if each["status"] in ("warn", "fail")]
        return Outcome(asyncio.get_running_loop().time() - started, note=", ".join(complaints))

    return story


# ----------------------------------------------------------------------------------------------------- disturbances


def link_down(seconds: float) -> Disturbance:
    """Ana's interface goes down, and comes back."""

    async def disturb(stage: Stage, ana: Pipe) -> None:
        stage.lab.ip(stage.at["ana"], "link set eth0 down")
        await asyncio.sleep(seconds)
        stage.lab.ip(stage.at["ana"], "link set eth0 up")

    return disturb


async def other_interface(stage: Stage, ana: Pipe) -> None:
    """Ana's interface goes down for good, and another one comes up: from Wi-Fi to cable, or the other way round."""
    here = stage.at["ana"]
    stage.other = not stage.other
    (old, left), (new, taken) = INTERFACES if stage.other else INTERFACES[::-1]
    stage.lab.ip(here, f"addr del {left} dev {old}", f"link set {old} down")
    stage.lab.ip(here, f"link set {new} up", f"addr add {taken} dev {new}")


def asleep(seconds: float) -> Disturbance:
    """Ana's machine sleeps, and wakes."""

    async def disturb(stage: Stage, ana: Pipe) -> None:
        ana.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        ana.process.send_signal(signal.SIGCONT)

    return disturb


# ------------------------------------------------------------------------------------------------------------ reading


def when(pipe: Pipe, event: Event) -> float:
    """When `event` was told."""
    return next(at for at, each in zip(pipe.told_at, pipe.events, strict=True) if each is event)


async def _is_waiting(stage: Stage, bo: Pipe) -> None:
    """Until bo can be found."""
    await bo.until("ready")
    await bo.until("signaling", state="open")


def _is_linked(event: Event, peer: str) -> bool:
    return event["event"] == "peer" and event["peer"] == peer and event["path"] in ("lan", "direct", "relayed")
