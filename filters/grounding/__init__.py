"""Check that the source supports an answer."""
