"""What the session needs from outside, as small Protocols, and the few events that come in through them.

A Store keeps entries; a Transport carries frames over links; a Signaling introduces sessions to each other; a
Clock tells time. Every port has an adapter in memory and a real one, and both pass the same suite.
"""
