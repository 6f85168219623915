"""What can be done with a message: only that is offered, and only its keys do anything."""

from __future__ import annotations

from ...session.api import MessageView
from ..markdown import links_of
from .entry_row import Fold


def is_offered(what: str, message: MessageView, fold: Fold | None) -> bool:
    """Whether `what`, one of the words of `Timeline.Asked`, can be done with `message`.

    `fold`: how it is folded away, or was; of a message that nobody has seen yet nothing can be asked.
    """
    if fold is not None and not fold.is_open:
        return what == "leave"
    match what:
        case "edit" | "delete":
            return message.mine and not message.retracted
        case "react" | "copy":
            return not message.retracted
        case "answered":
            return message.reply_to is not None
        case "open":
            return bool(links_of(message.text))
    return True
