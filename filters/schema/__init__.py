"""Check that a question and its answer are well formed."""
