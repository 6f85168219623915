"""Makes the parts of one session and joins them: who knows whom is written here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..ssc.ids import SessionId
from ..ssc.replica import Replica
from ..ssc.retention import KEEP_ALL, Retention
from ..ssc.text import clean_name
from .calling import Calling
from .desk import Desk
from .fanout import Fanout
from .hearing import Hearing
from .inbox import Inbox
from .keeper import Keeper
from .lan import LanSwitch
from .names import Names
from .network import Network
from .news import News
from .people import Acquaintances
from .reading import Reading
from .reporter import Reporter
from .setup import Setup
from .steps import Steps
from .timeline import Timeline
from .view import Memory, Picture
from .writer import Writer


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one session that it works with itself; each knows the others that it needs."""

    session: SessionId
    """What the session is called by others."""
    inbox: Inbox
    replica: Replica
    steps: Steps
    network: Network
    lan: LanSwitch
    calling: Calling
    keeper: Keeper
    desk: Desk
    people: Acquaintances
    names: Names
    timeline: Timeline
    reading: Reading
    picture: Picture
    reporter: Reporter
    fanout: Fanout


def make_parts(setup: Setup, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> Parts:
    """The parts of a session that is about to start. `spawn`: runs what takes time, as long as the session does."""
    store, room, me = setup.store, setup.keys.room, setup.identity.peer
    session = SessionId(setup.entropy(SessionId.size))
    started = setup.clock.wall_ms()
    inbox = Inbox()
    fanout = Fanout()
    people = setup.people or Acquaintances(store)
    names = Names(people.people)
    timeline = Timeline(store, room, me, names, is_direct=setup.direct is not None)
    memory = Memory(retention=KEEP_ALL if setup.is_on_disk else Retention(is_on_disk=False), direct=setup.direct)
    reading = Reading(store, room, me, timeline.mentions, lambda: people.people.ignored)
    replica = Replica(room, setup.identity, session, clean_name(setup.nickname))
    replica.erased = setup.erased
    replica.holdings.is_fleeting = not setup.is_on_disk
    names.hear(me, replica.board.name)
    hearing = Hearing(replica, inbox.backlog, setup.now)
    network = Network(
        setup.identity,
        setup.keys,
        session,
        started,
        store=store,
        entropy=setup.entropy,
        listener=hearing,
        post=inbox.put,
        spawn=spawn,
    )
    lan = LanSwitch(
        partial(setup.adapters.lan, session) if setup.adapters.lan else None,
        network.introductions.relays,
        lambda relay: spawn(inbox.follow(relay)),
    )
    picture = Picture(
        setup.name, replica, network, names, people.people, timeline, memory, reading, lan=lan, now=setup.now
    )
    reporter = Reporter(fanout, picture, network, names, people, memory)

    async def reload() -> None:
        await keeper.reload()  # made below, since it needs the news itself

    news = News(timeline, reading, reporter, fanout, me=me, started=started, reload=reload)
    keeper = Keeper(store, replica, timeline, names, people, memory, reporter, fanout, reading, news, started)
    desk = Desk(
        replica,
        Writer(replica, names),
        reading,
        shares_reading=setup.shares_reading,
        retry_now=network.retry_now,
        changed=reporter.room,
    )
    calling = Calling(
        room,
        setup.directs,
        is_running=setup.is_running,
        name_of=names.of,
        send=network.neighbours.send,
        emit=fanout.emit,
        spawn=spawn,
    )
    hearing.reporter, hearing.calling = reporter, calling
    steps = Steps(inbox, replica, network, keeper, news, desk, reading, reporter, now=setup.now, spawn=spawn)
    return Parts(
        session=session,
        inbox=inbox,
        replica=replica,
        steps=steps,
        network=network,
        lan=lan,
        calling=calling,
        keeper=keeper,
        desk=desk,
        people=people,
        names=names,
        timeline=timeline,
        reading=reading,
        picture=picture,
        reporter=reporter,
        fanout=fanout,
    )
