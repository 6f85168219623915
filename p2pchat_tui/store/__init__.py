"""Adapters that keep rooms, entries and peers."""
