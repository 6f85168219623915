"""The SSC: pure state machines of a room. No I/O, no loop, no clock read, no randomness."""
