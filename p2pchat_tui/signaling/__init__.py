"""Adapters that introduce peers: the relay, its client, and the relay inside the app."""
