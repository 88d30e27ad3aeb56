"""Check the answers of one kind of task each."""
