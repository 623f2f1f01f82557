"""The journey map in other programs' formats, and drawings of theirs as a map to start from."""
