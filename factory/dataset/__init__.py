"""Training rows, replay, leak checks and the JSONL files of a run."""
