"""Check that several draws of one answer agree."""
