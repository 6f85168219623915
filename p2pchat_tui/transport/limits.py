"""The limits that both transports keep, each with its reason."""

from __future__ import annotations

MESSAGE_MAX = 64 * 1024
"""Bytes of one message. Our own frames stay under 16 KiB; whoever sends four times that is not one of us."""
INBOUND_MAX = 4 * 1024 * 1024
"""Bytes of one link received and not yet read: a whole burst of history fits, a flood does not."""
INBOUND_EACH = 64
"""Bytes that a waiting message costs beyond its content, so that empty messages are bounded as well."""
LOW_WATER = 32 * 1024
"""Bytes over all channels of a link below which it is writable: half of what senders keep in the buffer at most."""
OPEN_S = 20.0
"""Seconds from the start of an attempt until it is given up: 60 of 60 links opened in 13.5 s at 20 % loss."""
STRUGGLE_S = 5.0
"""Seconds after which an attempt that has not opened says what it knows: where loss is low, links open in two."""
LATE_S = 1.5
"""Seconds that an attempt still has when a server answered too late for it; then another one is made with it."""
CLOSE_S = 1.0
"""Seconds that a caller waits for the end of a link; what takes longer goes on by itself."""
DEATH_S = 33.0
"""Seconds after which a side that vanished without a word is noticed (ICE consent runs out)."""
