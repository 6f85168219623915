"""Looks at everything that a chat needs, tells apart what is wrong, and says what to do about it."""
