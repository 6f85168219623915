"""How much a session at rest keeps in memory: every queue, table and task of it, counted from the inside.

This is the one place of the simulator that looks into private parts; whoever renames them renames them here.
"""

from __future__ import annotations

from collections.abc import Callable

from p2pchat_tui.session import api
from p2pchat_tui.session.session import Session
from p2pchat_tui.ssc.ids import Stamp


def newest_stamp(session: Session) -> Stamp:
    """The newest stamp that a session has given out or seen, on disk or not yet, or in the note of an erased room."""
    replica = session._parts.replica
    return max(replica._clock.last, replica._own_end.stamp)


def watch_events(session: Session, look: Callable[[api.Event], None]) -> None:
    """Have `look` called with every event of `session` at the moment when it is raised."""
    emit = session._parts.fanout.emit

    def watched(event: api.Event) -> None:
        look(event)
        emit(event)

    session._parts.fanout.emit = watched  # type: ignore[method-assign]


def leftovers(session: Session, others: int) -> list[str]:
    """What a session with `others` linked peers, and nothing to do, should not still hold."""
    network, replica = session._parts.network, session._parts.replica
    sources = replica._puller.sources
    links = list(network._maker._links.values())
    exact = {
        "links": (len(network._maker._links), others),
        "links by peer": (len(network.neighbours), others),
        "remote sessions": (len(network._linker.remotes), others),
        "sources": (len(sources), others),
        "actions waiting for the transport": (len(network._maker._waiting), 0),
        "unreadable senders": (len(network.introductions._unreadable), 0),
        "inputs": (len(session._parts.inbox), 0),
        "commands waiting": (session._parts.desk.waiting, 0),
        "effects": (len(replica._effects), 0),
        "requests under way": (sum(len(source.asks) for source in sources.values()), 0),
        "requests being served": (sum(replica._serving.values()), 0),
        "requests queued": (sum(link.requests.qsize() for link in links), 0),
        "feeds held back": (len(replica._held_back), 0),
        "fragments": (
            sum(len(part) for link in links for each in link.decoders.values() for part in each._parts),
            0,
        ),
        "messages to send": (sum(len(link.outbox._urgent) + link.outbox._bulk.qsize() for link in links), 0),
        "events not read": (sum(len(each.waiting) for each in session._parts.fanout._listeners), 0),
    }
    found = [f"{what}: {count}, not {right}" for what, (count, right) in exact.items() if count != right]
    most = 4 + 4 * others
    if len(session._tasks) > most:
        found.append(f"tasks: {len(session._tasks)}, over {most}")
    return found
