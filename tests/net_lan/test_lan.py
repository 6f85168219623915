"""`pipe --lan` on real switches: machines without any relay find each other and chat. Needs root, skipped otherwise."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.pipes import Pipe, homes
from tests.net_lan.switches import HOSTNAME, NAMELESS, Switches, missing

BYSTANDER = Path(__file__).with_name("bystander.py")
REASON = missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(REASON), reason=REASON or "-")]


async def chat(
    folder: Path, lan: Switches, *names: str, options: dict[str, tuple[str, ...]] | None = None
) -> list[Pipe]:
    """All of them say something, and all of them hear everything, over links on the LAN; how it went."""
    at = homes(folder, *names)
    async with AsyncExitStack() as stack:
        pipes = [
            await stack.enter_async_context(
                Pipe(at[name], 0, *(options or {}).get(name, ("--lan",)), within=(*lan.within(name), *NAMELESS))
            )
            for name in names
        ]
        for pipe in pipes:
            await pipe.until("signaling", url="lan", state="open")
        for pipe in pipes:
            await pipe.say(f"{pipe.name} is here")
        for pipe in pipes:
            for name in names:
                await pipe.until("message", text=f"{name} is here")
            for _ in names[1:]:
                await pipe.when(lambda each: each["event"] == "peer" and each["path"] == "lan", "a peer on the LAN")
        assert [await pipe.finish() for pipe in pipes] == [0] * len(pipes)
        return pipes


async def test_three_machines_on_a_switch_and_what_a_fourth_one_hears(tmp_path: Path) -> None:
    with Switches("lan") as lan:
        for number, name in enumerate(("ana", "bo", "cy", "eve"), 1):
            lan.machine(name, lan=(f"192.168.7.{number}/24",))
        heard = tmp_path / "heard"
        with heard.open("wb") as file:
            eve = await asyncio.create_subprocess_exec(
                *lan.within("eve"), sys.executable, str(BYSTANDER), "192.168.7.4", stdout=file
            )
            try:
                pipes = await chat(tmp_path, lan, "ana", "bo", "cy")
            finally:
                eve.kill()
                await eve.wait()
        first, *datagrams = heard.read_text().splitlines()
        said = b"".join(map(bytes.fromhex, datagrams)).lower()
        assert first == "listening" and b"_p2pchat" in said and bytes((192, 168, 7, 2)) in said
        secrets = {"ana", "garden", HOSTNAME}
        for pipe in pipes:
            ready = await pipe.until("ready")
            secrets |= {ready["room_id"], ready["me"], bytes.fromhex(ready["me"]).hex()[:16], *ready["words"].split()}
        found = [secret for secret in secrets if secret.lower().encode() in said]
        assert not found, f"a bystander hears {found}"


async def test_two_machines_with_nothing_but_the_addresses_that_ipv6_gives_itself(tmp_path: Path) -> None:
    with Switches("lan") as lan:
        for name in ("ana", "bo"):
            lan.machine(name, lan=())
            lan.within_run(name, "sysctl", "-qw", "net.ipv6.conf.lan.disable_ipv6=0")
        await chat(tmp_path, lan, "ana", "bo")


async def test_two_interfaces_of_which_one_leads_to_the_other(tmp_path: Path) -> None:
    with Switches("lan", "wifi") as lan:
        lan.machine("ana", lan=("192.168.7.1/24",), wifi=("10.7.0.1/24", "fd00:8::1/64"))
        lan.machine("bo", lan=("192.168.9.2/24",), wifi=("10.7.0.2/24", "fd00:8::2/64"))
        await chat(tmp_path, lan, "ana", "bo", options={"bo": ("--lan", "--ice-address", "10.7.0.2")})
