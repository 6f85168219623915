"""Adapters that carry frames between two peers."""
