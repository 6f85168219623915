"""One profile's running rooms: every task, timer and queue."""
